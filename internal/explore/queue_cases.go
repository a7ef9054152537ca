//go:build explore

package explore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/multiproc-go/multiproc/internal/driver"
)

const capacity = 2

// openQueues has the first so many processes open a queue.
func openQueues(processes int) func(w *World) {
	return func(w *World) {
		for _, p := range w.Processes[:processes] {
			p.openQueue()
		}
	}
}

func (p *Process) openQueue() {
	p.Queue = must(p.Space.OpenQueue(background, driver.Which{Name: "q"}, driver.Type{}, driver.QueueConfig{Cap: capacity}))
}

// filled is a queue that has these elements.
func filled(processes int, names ...int64) func(w *World) {
	return func(w *World) {
		openQueues(processes)(w)
		w.history.noted = w.sched.note
		for _, name := range names {
			w.Processes[0].put(background, name)
		}
	}
}

// contentOf are the bytes of an element. From large on they are too many to stand in a
// segment.
const large = 5

func contentOf(name int64) []byte {
	n := 8
	if name >= large {
		n = 40
	}
	return bytes.Repeat([]byte{byte(name)}, n)
}

func nameOf(data []byte) int64 {
	if len(data) == 0 {
		return 0
	}
	name := int64(data[0])
	if !bytes.Equal(data, contentOf(name)) {
		panic(fmt.Sprintf("a mixture: %v", data))
	}
	return name
}

// queueCode is code, which tells ErrDone from ErrClosed.
func queueCode(err error) int64 {
	if errors.Is(err, driver.ErrDone) {
		return codeDone
	}
	return code(err)
}

// ended fills in what an operation has returned: what it found, or why it did not.
func (p *Process) ended(done func(result ...int64), err error, found int64) {
	result := queueCode(err)
	if result == codeClosed {
		found = oneIf(slices.ContainsFunc(p.World.history.ops, func(op Op) bool {
			return op.Process == p.ID && op.Name == "closing"
		}))
	}
	done(result, found)
}

// put, get, receive, and those that follow are calls that the history keeps.
func (p *Process) put(ctx context.Context, name int64) bool {
	done := p.World.Call(p.ID, "put", name)
	err := p.Queue.Put(ctx, contentOf(name))
	p.ended(done, err, 0)
	return err == nil
}

func (p *Process) get(ctx context.Context) bool {
	done := p.World.Call(p.ID, "get")
	data, err := p.Queue.Get(ctx, nil)
	p.ended(done, err, nameOf(data))
	return err == nil
}

func (p *Process) receive(ctx context.Context) (l driver.Loan, ok bool) {
	done := p.World.Call(p.ID, "receive")
	l, err := p.Queue.Receive(ctx)
	p.ended(done, err, lent(nameOf(l.Data), int64(l.Attempt)))
	return l, err == nil
}

// endLoan acknowledges a loan, or gives it back.
func (p *Process) endLoan(name string, l driver.Loan) {
	end := p.Queue.Ack
	if name == "nak" {
		end = p.Queue.Nak
	}
	done := p.World.Call(p.ID, name, nameOf(l.Data), int64(l.Attempt))
	p.ended(done, end(background, l), 0)
}

func (p *Process) tryPut(name int64) bool {
	undisturbed := p.World.undisturbed()
	done := p.World.Call(p.ID, "tryput", name)
	err := p.Queue.TryPut(contentOf(name))
	p.ended(done, err, oneIf(undisturbed(1)))
	return err == nil
}

func (p *Process) tryGet() bool {
	undisturbed := p.World.undisturbed()
	done := p.World.Call(p.ID, "tryget")
	data, err := p.Queue.TryGet(nil)
	if err != nil {
		p.ended(done, err, oneIf(undisturbed(1)))
		return false
	}
	done(codeOK, nameOf(data))
	return true
}

func (p *Process) shut() {
	done := p.World.Call(p.ID, "shut")
	p.ended(done, p.Queue.Close(background), 0)
}

func (p *Process) join(ctx context.Context) {
	done := p.World.Call(p.ID, "join")
	p.ended(done, p.Queue.Join(ctx), 0)
}

// deleteQueue is two operations: while the first one's effect is not complete, others
// may find the queue deleted or not.
func (p *Process) deleteQueue() {
	p.World.Call(p.ID, "deleting")(codeOK)
	done := p.World.Call(p.ID, "delete")
	done(code(p.Space.Delete(background, "q")))
}

// closeSpace is to others as if the process had died.
func (p *Process) closeSpace() {
	p.World.Call(p.ID, "closing")(codeOK)
	done := p.World.Call(p.ID, Crash)
	err := p.Space.Close()
	p.World.Closed[p.ID] = err == nil
	done(code(err))
}

// undertaker is a sweeper after whose sweep the deaths before it have had their effect.
func undertaker(process int) Thread {
	return Thread{process, func(_ *World, p *Process) {
		if p.Died() {
			p.bury()
		}
	}}
}

// waitsRightly is so if all who wait have to.
func waitsRightly(w *World) error {
	model := queueModel(capacity)
	steps := model.Steps
	model.Steps = func(state uint64, op Op) []uint64 { // who waits has had no effect
		if !op.Returned && op.Name != Crash && !w.Dead[op.Process] && !w.sched.stopped[op.Process] {
			return nil
		}
		return steps(state, op)
	}
	right := func(state uint64) bool {
		for _, op := range w.history.ops {
			waits := !op.Returned && op.Name != Crash && !w.Dead[op.Process] && !w.sched.stopped[op.Process]
			if waits && !line(state).waits(op, capacity) {
				return false
			}
		}
		return true
	}
	if !w.history.explained(model, right) {
		return errors.New("somebody waits for what has come: " + w.sched.describe() + w.history.String())
	}
	return nil
}

// waitsForSection is right where one that is stopped is in a section, or where
// waitsRightly is.
func waitsForSection(w *World) error {
	for id, p := range w.Processes {
		if w.sched.stopped[id] && !w.Closed[id] && p.Queue != nil && p.Space.InSection(p.Queue) {
			return nil
		}
	}
	return waitsRightly(w)
}

// drained takes what is left, deletes the queue, and finds that nothing is lost and no
// block in use.
func drained(w *World) error {
	for i := range w.history.ops {
		if op := &w.history.ops[i]; op.Name == Crash && !op.Returned {
			op.Returned, op.returned = true, w.history.tick(0) // all the dead are buried
		}
	}
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] || p.Queue == nil {
			continue
		}
		for n := 0; n <= lineElements && p.tryGet(); n++ { // more there cannot be
		}
		if err := w.history.check(queueModel(capacity)); err != nil {
			return err
		}
		if err := p.Space.Check(background); err != nil {
			return fmt.Errorf("once it is drained: %w", err)
		}
		break
	}
	return queueGone(w)
}

// queueGone is so if nothing is left of a deleted queue once all have let it go.
func queueGone(w *World) error {
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		if err := p.Space.Delete(background, "q"); err != nil && !errors.Is(err, driver.ErrNotFound) {
			return err
		}
		if p.Queue != nil {
			p.Space.LetGo(p.Queue)
		}
	}
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		if err := p.Space.Check(background); err != nil {
			return fmt.Errorf("once it is deleted: %w", err)
		}
		if n := p.Space.BlocksInUse(); n != 0 {
			return fmt.Errorf("%d blocks are in use", n)
		}
	}
	return nil
}

// openWithLetters opens queues whose elements are dead letters once they have come back.
func openWithLetters(processes int, names ...int64) func(w *World) {
	return func(w *World) {
		for _, p := range w.Processes[:processes] {
			cfg := driver.QueueConfig{Cap: capacity, MaxDeliver: 1, DeadLetters: "letters"}
			p.Queue = must(p.Space.OpenQueue(background, driver.Which{Name: "q"}, driver.Type{}, cfg))
			p.Letters = must(p.Space.OpenQueue(background, driver.Which{Name: "letters"}, driver.Type{}, driver.QueueConfig{}))
		}
		for _, name := range names {
			must(0, w.Processes[0].Queue.Put(background, contentOf(name)))
		}
	}
}

// eachOnce finds each of the elements once, in the queue or among its dead letters.
func eachOnce(names ...int64) func(w *World) error {
	return func(w *World) error {
		var found []int64
		for id, p := range w.Processes {
			if w.Dead[id] || p.Queue == nil {
				continue
			}
			for _, q := range []driver.Queue{p.Queue, p.Letters} {
				data, err := q.TryGet(nil)
				for ; err == nil; data, err = q.TryGet(nil) {
					found = append(found, nameOf(data))
				}
				if !errors.Is(err, driver.ErrEmpty) {
					return err
				}
			}
		}
		slices.Sort(found)
		if !slices.Equal(found, names) {
			return fmt.Errorf("of %v there are %v", names, found)
		}
		for id, p := range w.Processes {
			if w.Dead[id] {
				continue
			}
			if err := p.Space.Delete(background, "letters"); err != nil && !errors.Is(err, driver.ErrNotFound) {
				return err
			}
			if p.Letters != nil {
				p.Space.LetGo(p.Letters)
			}
		}
		return queueGone(w)
	}
}

// calls are what a thread does, one after another.
func calls(all ...func(p *Process)) func(*World, *Process) {
	return func(_ *World, p *Process) {
		for _, call := range all {
			call(p)
		}
	}
}

func puts(name int64) func(p *Process)       { return func(p *Process) { p.put(background, name) } }
func triesToPut(name int64) func(p *Process) { return func(p *Process) { p.tryPut(name) } }
func gets(p *Process)                        { p.get(background) }
func triesToGet(p *Process)                  { p.tryGet() }

// borrows receives, and ends the loan by ack or nak.
func borrows(end string) func(p *Process) {
	return func(p *Process) {
		if l, ok := p.receive(background); ok {
			p.endLoan(end, l)
		}
	}
}

// lookAndGiveBack gives an element back, if there is one, without the history's knowing.
func lookAndGiveBack(p *Process) {
	l, err := p.Queue.TryReceive()
	if err == nil {
		err = p.Queue.Nak(background, l)
	}
	if err != nil && !errors.Is(err, driver.ErrEmpty) {
		panic(err)
	}
}

func queueCases() []Case {
	of := func(processes int, c Case) Case {
		c.Objects = append(c.Objects, "Queue")
		if c.Spaces.Objects == 0 {
			c.Spaces = Shape{Objects: 1, Annexes: 1, Chunks: 8}
		}
		if c.Setup == nil {
			c.Setup = openQueues(processes)
		}
		if c.After == nil {
			c.After = drained
		}
		c.Stalled, c.Stuck = waitsForSection, waitsRightly
		return c
	}
	return []Case{of(2, Case{
		Name:    "queue: a putter and a getter",
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(1), puts(2))}, {1, calls(gets, gets)}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: two putters, and one that looks",
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(1))}, {1, calls(triesToPut(2), triesToGet)}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: two getters",
		Setup:   filled(2, 1, 2),
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(gets)}, {1, calls(gets)}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: a putter waits for room",
		Setup:   filled(2, 1, 2),
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(3))}, {1, calls(gets, triesToGet)}, undertaker(2)},
	}), of(3, Case{
		Name:    "queue: two getters wait",
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(gets)}, {1, calls(gets)}, {2, calls(puts(1), puts(2))}, undertaker(3)},
	}), of(2, Case{
		Name:    "queue: a loan is given back, and lent again",
		Setup:   filled(2, 1, 2),
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(borrows("nak"), borrows("ack"))}, {1, calls(borrows("ack"))}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: what a dead process had on loan comes back ahead",
		Setup:   filled(2, 1, 2),
		Bounds:  Bounds{Preemptions: 1, Kills: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(borrows("ack"), borrows("ack"))}, {1, calls(gets)}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: large elements",
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(large), puts(large+1))}, {1, calls(gets, borrows("ack"))}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: large elements are taken and lent",
		Setup:   filled(2, large, large+1),
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(gets)}, {1, calls(borrows("nak"), gets)}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: several elements in a segment",
		Spaces:  Shape{Objects: 1, Annexes: 1, Chunks: 5, ChunkSize: 1024},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(1), puts(2), puts(3))}, {1, calls(borrows("nak"), gets, gets)}, undertaker(2)},
	}), of(3, Case{
		Name:    "queue: shut while others wait, and joined",
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(gets, gets)}, {1, calls(borrows("ack"))}, {2, calls(puts(1), (*Process).shut, func(p *Process) { p.join(background) })}, undertaker(3)},
	}), of(3, Case{
		Name:    "queue: shut while one waits for room, and one has a loan",
		Setup:   filled(3, 1, 2),
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(puts(3))}, {1, calls(borrows("nak"), gets, gets)}, {2, calls((*Process).shut)}, undertaker(3)},
	}), of(2, Case{
		Name:   "queue: one who waits gives up",
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{{0, func(w *World, p *Process) { p.get(w.ctx) }}, {0, calls(gets)}, {0, func(w *World, p *Process) {
			p.Space.Touch()
			w.cancel()
			w.sched.note(1)
		}}, {1, calls(puts(1))}},
	}), of(3, Case{
		Name: "queue: deleted while others wait", Objects: []string{"Space"},
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(gets)}, {1, calls(gets)}, {2, calls(puts(large), (*Process).deleteQueue)}, undertaker(3)},
		After:   queueGone,
	}), of(2, Case{
		Name: "queue: a space is closed while it is used and has a loan", Objects: []string{"Space"},
		Setup:   filled(2, large, 1),
		Bounds:  Bounds{Preemptions: 2},
		Deep:    Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{{0, calls(gets)}, {0, calls(func(p *Process) { p.receive(background) }, (*Process).closeSpace)}, {1, calls(gets, triesToPut(2))}},
	}), of(3, Case{
		Name: "queue: a space is closed by one who is about to put", Objects: []string{"Space"},
		Bounds:  Bounds{Preemptions: 2},
		Deep:    Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{{0, calls(triesToPut(1))}, {0, calls((*Process).closeSpace)}, {1, calls(triesToPut(2))}, {2, calls(triesToPut(3))}},
	}), of(3, Case{
		Name: "queue: spaces are closed by those who have loans that another waits for", Objects: []string{"Space"},
		Setup: func(w *World) {
			filled(3, 1, 2)(w)
			for _, id := range []int{0, 2} {
				w.Processes[id].receive(background)
			}
		},
		Bounds:  Bounds{Preemptions: 2},
		Deep:    Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{{0, calls((*Process).closeSpace)}, {1, calls(gets, gets)}, {2, calls((*Process).closeSpace)}},
	}), of(2, Case{
		Name: "queue: a putter dies that takes the spare segment",
		Setup: func(w *World) {
			filled(2, 3, 4)(w)
			for range 2 {
				w.Processes[0].get(background)
			}
		},
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(triesToPut(1))}, {1, calls(triesToPut(2), triesToPut(3))}, undertaker(2)},
	}), of(2, Case{
		Name:    "queue: dead letters",
		Spaces:  Shape{Objects: 2, Annexes: 2, Chunks: 12},
		Setup:   openWithLetters(2, 1, large),
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(lookAndGiveBack, lookAndGiveBack)}, {1, calls(lookAndGiveBack)}, undertaker(2)},
		After:   eachOnce(1, large),
	}), of(1, Case{
		Name:   "queue: a process attaches late",
		Late:   []int{1},
		Setup:  filled(1, 1),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, calls(borrows("ack"), puts(2))}, {1, func(_ *World, p *Process) {
			if p.Attach() {
				p.openQueue()
				p.get(background)
			}
		}}, undertaker(2)},
	})}
}
