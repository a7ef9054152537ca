//go:build explore

package explore

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Wait is two operations, begin and end, which meet where it gives the lock up:
// who has the lock after that sees that it waits. Their first argument is which
// waiter it is: twice its process's number, and one more for a second goroutine.
// The second argument of end is how far it came.
const (
	inCond   = iota // it waits, or has not yet noticed that it need not
	inLock          // it waits for the lock
	hasLock         // it may have returned
	lostLock        // the lock is gone
)

// A gateLock is the lock of one waiter, and nobody else's: what comes between
// waiters is the condition alone.
type gateLock struct {
	p        *Process
	id       int
	canceled bool                  // its waiter's context is ended by another
	notHeld  bool                  // Unlock fails
	gone     bool                  // Lock does
	shut     bool                  // Lock waits for ever
	begun    func(result ...int64) // of the operation begin
	ended    func(result ...int64) // of end
	came     func(how int64)       // how far it came
}

func (l *gateLock) Unlock(h driver.Holding) error {
	if l.notHeld {
		return driver.ErrNotHeld
	}
	l.begun(codeOK)
	w := l.p.World
	i := len(w.history.ops)
	l.ended = w.Call(l.p.ID, "end", int64(l.id))
	l.came = func(how int64) {
		w.history.ops[i].Args[1] = how
		w.history.tick(uint64(i)<<8 | uint64(how))
	}
	return nil
}

func (l *gateLock) Lock(context.Context) (driver.Holding, error) {
	l.came(inLock)
	if l.shut {
		l.p.World.sched.Block(func() bool { return false })
	}
	if l.gone {
		l.came(lostLock)
		return driver.Holding{}, driver.ErrClosed
	}
	l.came(hasLock)
	return driver.NewHolding(1, 1, false), nil
}

// condWait is a Wait of the process's first goroutine, or its second.
func (p *Process) condWait(ctx context.Context, l gateLock) {
	l.p, l.id = p, 2*p.ID+l.id
	l.begun = p.World.Call(p.ID, "begin", int64(l.id))
	_, err := p.Cond.Wait(ctx, &l, driver.NewHolding(1, 1, false))
	if l.ended == nil {
		l.begun(code(err))
	} else {
		l.ended(code(err))
	}
}

func (p *Process) signal() {
	done := p.World.Call(p.ID, "signal")
	done(code(p.Cond.Signal(background)))
}

func (p *Process) broadcast() {
	done := p.World.Call(p.ID, "broadcast")
	done(code(p.Cond.Broadcast(background)))
}

// condModel's state has three bits for each waiter, and whether the condition is
// deleted.
var condModel = Model{Steps: condSteps}

const (
	absent = iota
	waiting
	signalled
	called // by a broadcast
	over

	condIsDeleted = 1 << 63
	condWaiterMax = 8
)

func statusOf(state uint64, waiter int) uint64 { return state >> (3 * waiter) & 7 }

func withStatus(state uint64, waiter int, status uint64) uint64 {
	return state&^(7<<(3*waiter)) | status<<(3*waiter)
}

func condSteps(state uint64, op Op) []uint64 {
	id := int(op.Args[0])
	switch {
	case op.Name == "delete":
		return []uint64{state | condIsDeleted}
	case op.Name == Crash:
		return crashWaiters(state, 2*op.Process)
	case op.Name == "end":
		return endWait(state, id, op)
	case op.Returned && op.Result[0] == codeNotHeld: // it is as if it had not come
		return []uint64{state}
	case op.Returned && op.Result[0] == codeClosed:
		return only(state, state&condIsDeleted != 0 || op.Name == "begin" && statusOf(state, id) == over)
	case op.Name == "begin" && statusOf(state, id) != absent:
		return nil
	case op.Name == "begin":
		return []uint64{withStatus(state, id, waiting)}
	case op.Name == "signal":
		return signalOne(state)
	case op.Name == "broadcast":
		for w := range condWaiterMax {
			if statusOf(state, w) == waiting {
				state = withStatus(state, w, called)
			}
		}
		return []uint64{state}
	}
	return nil
}

func only(state uint64, ok bool) []uint64 {
	if ok {
		return []uint64{state}
	}
	return nil
}

// signalOne gives a signal to any of those who wait: which of them is the first is
// settled between them only where they begin to wait one after another.
func signalOne(state uint64) (next []uint64) {
	for w := range condWaiterMax {
		if statusOf(state, w) == waiting {
			next = append(next, withStatus(state, w, signalled))
		}
	}
	if next == nil {
		return []uint64{state}
	}
	return next
}

// endWait is the end of a Wait by a signal, by a broadcast, or for another reason.
func endWait(state uint64, id int, op Op) []uint64 {
	status, after := statusOf(state, id), withStatus(state, id, over)
	switch {
	case op.Args[1] == lostLock && status == signalled:
		return signalOne(after)
	case op.Args[1] == lostLock:
		return only(after, status == called)
	case op.Returned && op.Result[0] == codeCanceled:
		return only(after, status == waiting)
	case op.Returned && op.Result[0] == codeClosed:
		return only(after, state&condIsDeleted != 0 && status == waiting || status == over)
	}
	return only(after, op.Args[1] == hasLock && (status == signalled || status == called))
}

// crashWaiters is the death of a process with the waiters first and first+1, or that
// it closes its space.
func crashWaiters(state uint64, first int) (next []uint64) {
	next = []uint64{state}
	for _, w := range []int{first, first + 1} {
		var after []uint64
		for _, state := range next {
			switch statusOf(state, w) {
			case signalled:
				after = append(after, signalOne(withStatus(state, w, over))...)
			default:
				after = append(after, withStatus(state, w, over))
			}
		}
		next = after
	}
	return next
}

// waitRightly returns an error unless the history explains why those sleep who
// sleep: nobody has signalled them, and no signal is there for them.
func waitRightly(w *World) error {
	asleep, beds := 0, 0
	for _, t := range w.sched.threads {
		if !t.done && t.bed != nil && !w.Dead[t.process] && !w.sched.stopped[t.process] {
			beds++
		}
	}
	var sleepers []int
	for _, op := range w.history.ops {
		if op.Name == "end" && !op.Returned && op.Args[1] == inCond && !w.Dead[op.Process] && !w.sched.stopped[op.Process] {
			asleep++
			sleepers = append(sleepers, int(op.Args[0]))
		}
	}
	if beds != asleep {
		return errors.New("somebody sleeps who does not wait: " + w.sched.describe())
	}
	ends := func(state uint64) bool {
		for _, w := range sleepers {
			if statusOf(state, w) != waiting {
				return false
			}
		}
		return state&condIsDeleted == 0 || len(sleepers) == 0
	}
	if !w.history.explained(condModel, ends) {
		return errors.New("somebody waits for what has come: " + w.sched.describe() + w.history.String())
	}
	return nil
}

// bury is a sweep: the deaths there were before it are noticed by its end.
func (p *Process) bury() {
	h := &p.World.history
	n := len(h.ops)
	p.Space.Bury()
	for i := range h.ops[:n] {
		if h.ops[i].Name == Crash && !h.ops[i].Returned {
			h.ops[i].Returned = true
			h.ops[i].returned = h.tick(uint64(i)<<8 | 255)
		}
	}
}
