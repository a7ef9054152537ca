//go:build explore

package explore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var pipeType = driver.Type{Name: "number", Fingerprint: [16]byte{1}}

// A plan says which processes have end 0 and end 1 at first. Where process 0 has none,
// the first attachment is free. Each number takes 8 bytes of the room.
type plan struct {
	ends [2][]int
	room uint64
}

// open makes a pipe and hands its ends out as planned.
func (pl plan) open(w *World) {
	first, second, err := w.Processes[0].Space.NewSmallPipe(pipeType, pl.room)
	if err != nil {
		panic(err)
	}
	for end, made := range []driver.Pipe{first, second} {
		for _, id := range pl.ends[end] {
			if err := w.Processes[id].takes(made); err != nil {
				panic(err)
			}
		}
	}
	for _, made := range []driver.Pipe{first, second} {
		if err := made.Close(); err != nil {
			panic(err)
		}
	}
}

// takes takes hold of an end that somebody has.
func (p *Process) takes(kept driver.Pipe) error {
	end, err := p.Space.OpenPipe(background, driver.Which{ID: kept.ID()}, pipeType, kept.End())
	if err == nil {
		p.Pipes[kept.End()] = end
		p.pipes = append(p.pipes, end) // the collector closes those that nobody can reach
	}
	return err
}

// Results of a pipe's calls, beside the codes of others.
const (
	codeEnd = 100 + iota // io.EOF, io.ErrClosedPipe
)

func pipeCode(err error) int64 {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		return codeEnd
	}
	return code(err)
}

func (p *Process) send(v int64) {
	done := p.World.Call(p.ID, "send", v)
	done(pipeCode(p.Pipes[0].Send(background, binary.LittleEndian.AppendUint64(nil, uint64(v)))))
}

// recv returns whether there may be more.
func (p *Process) recv(ctx context.Context) bool {
	done := p.World.Call(p.ID, "recv")
	data, err := p.Pipes[1].Recv(ctx, nil)
	v := int64(0)
	if err == nil {
		v = int64(binary.LittleEndian.Uint64(data))
	}
	done(pipeCode(err), v)
	return err == nil
}

func (p *Process) recvAll() {
	for p.recv(background) {
	}
}

// close closes an end that this process has.
func (p *Process) close(end int) {
	done := p.World.Call(p.ID, "close", int64(end))
	done(pipeCode(p.Pipes[end].Close()))
}

// arrive takes hold of end 0 as one that another has sent. It returns whether it could.
func (p *Process) arrive(kept driver.Pipe) bool {
	done := p.World.Call(p.ID, "arrive")
	p.arrives = true
	err := p.takes(kept)
	p.arrives = false
	done(pipeCode(err))
	return err == nil
}

// pipeModel's state is what is under way from end 0 to end 1: up to four numbers of four
// bits, from bit 0 on, the oldest first; who has end 0, a bit for each process from bit
// 16 on, and end 1, from bit 24 on; and bit 63 once that is so.
func pipeModel(pl plan) Model {
	const begun = 1 << 63
	has := func(end int) (bits uint64) {
		for _, id := range pl.ends[end] {
			bits |= 1 << (16 + 8*end + id)
		}
		return bits
	}
	return Model{Step: func(state uint64, op Op) (uint64, bool) {
		if state == 0 {
			state = begun | has(0) | has(1)
		}
		mine := [2]uint64{1 << (16 + op.Process), 1 << (24 + op.Process)}
		gone := [2]bool{state>>16&0xff == 0, state>>24&0xff == 0}
		ok := !op.Returned || op.Result[0] == codeOK
		switch {
		case op.Name == Crash:
			return state &^ (mine[0] | mine[1]), true
		case op.Name == "close":
			return state &^ mine[op.Args[0]], ok
		case op.Name == "arrive" && ok:
			return state | mine[0], !gone[0]
		case op.Name == "arrive":
			return state, gone[0] && op.Result[0] == codeNotFound
		case op.Name == "send" && ok:
			shift := 0
			for state>>shift&0xf != 0 {
				shift += 4
			}
			return state | uint64(op.Args[0])<<shift, state&mine[0] != 0
		case op.Name == "send":
			return state, op.Result[0] == codeEnd && gone[1] || op.Result[0] == codeClosed
		case op.Name == "recv" && ok:
			oldest := int64(state & 0xf)
			return state&^0xffff | state&0xffff>>4, oldest != 0 && (!op.Returned || op.Result[1] == oldest)
		case op.Name == "recv":
			return state, op.Result[0] == codeEnd && gone[0] && state&0xf == 0 || op.Result[0] == codeClosed || op.Result[0] == codeCanceled
		}
		return state, false
	}}
}

// hasEnd is right where one that is stopped has an end, or is about to: others may wait for
// what it does with that. So they may where somebody is dead, since it may be the one who
// was to see to that here; elsewhere all who wait watch one another.
func hasEnd(w *World) error {
	for id, p := range w.Processes {
		if w.Dead[id] || w.sched.stopped[id] && (len(p.pipes) > 0 || p.arrives) {
			return nil
		}
	}
	return errStalled
}

// closeAll closes the ends that are left, and looks whether anything of the pipe is.
func closeAll(w *World) error {
	for id, p := range w.Processes {
		for _, end := range p.pipes {
			if w.Dead[id] || w.Closed[id] {
				continue
			}
			if err := end.Close(); err != nil {
				return err
			}
		}
	}
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		stats, err := p.Space.Stats(background)
		if n := p.Space.BlocksInUse(); n != 0 || len(stats.Objects) != 0 || err != nil {
			return fmt.Errorf("%d blocks and %d objects are left of a pipe that nobody has (%v)", n, len(stats.Objects), err)
		}
	}
	return nil
}

// handedOn looks whether process 0 can use the end that it has been handed, if it and the
// process with the other end live.
func handedOn(w *World) error {
	if p := w.Processes[0]; !w.Dead[0] && !w.Dead[2] && p.Pipes[0] != nil {
		if err := p.Pipes[0].Send(background, nil); err != nil {
			return fmt.Errorf("an end that was kept until it had arrived: %w", err)
		}
	}
	return closeAll(w)
}

func pipeCases() []Case {
	of := func(pl plan, c Case) Case {
		c.Objects, c.Spaces = []string{"Pipe"}, Shape{Objects: 1, Chunks: 8}
		c.Setup, c.Model, c.Stalled = pl.open, pipeModel(pl), hasEnd
		if c.After == nil {
			c.After = closeAll
		}
		return c
	}
	recvAll := func(_ *World, p *Process) { p.recvAll() }
	closes := func(end int) func(*World, *Process) {
		return func(_ *World, p *Process) { p.close(end) }
	}
	return []Case{of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:   "pipe: what was sent comes before the end",
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: []Thread{{1, func(_ *World, p *Process) {
			p.send(1)
			p.close(0)
		}}, {2, recvAll}, sweeper(2)},
	}), of(plan{[2][]int{{1, 2}, {2}}, 64}, Case{
		Name:   "pipe: an end goes from one process to another, while a third closes its own",
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		After:  handedOn,
		Threads: []Thread{{0, func(w *World, p *Process) {
			p.arrive(w.Processes[2].Pipes[0])
		}}, {1, closes(0)}, {2, func(_ *World, p *Process) {
			p.UntilDone(0)
			p.close(0)
		}}},
	}), of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:   "pipe: an end that may not have been kept until it arrives",
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			if p.arrive(w.Processes[1].Pipes[0]) {
				p.send(5)
				p.close(0)
			}
		}}, {1, closes(0)}, {2, recvAll}, sweeper(2)},
	}), of(plan{[2][]int{{1}, {2}}, 8}, Case{
		Name:   "pipe: one who waits for room",
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{1, func(_ *World, p *Process) {
			p.send(1)
			p.send(2)
			p.send(3)
		}}, {2, func(_ *World, p *Process) {
			p.recv(background)
			p.close(1)
		}}, sweeper(0)},
	}), of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:    "pipe: closed while another goroutine waits",
		Bounds:  Bounds{Preemptions: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{2, recvAll}, {2, closes(1)}, {1, func(_ *World, p *Process) { p.send(1) }}},
	}), of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:    "pipe: closed while another goroutine sends",
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{1, func(_ *World, p *Process) { p.send(1) }}, {1, closes(0)}, {2, recvAll}, sweeper(2)},
	}), of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:   "pipe: one who waits gives up, and another takes what comes",
		Bounds: Bounds{Preemptions: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{2, func(w *World, p *Process) {
			p.recv(w.ctx)
		}}, {2, func(w *World, p *Process) {
			p.Space.Touch()
			w.cancel()
			w.sched.note(1)
			p.recv(background)
		}}, {1, func(_ *World, p *Process) {
			p.send(1)
			p.close(0)
		}}, sweeper(0)},
	}), of(plan{[2][]int{{0, 1}, {2}}, 64}, Case{
		Name:   "pipe: all close, and nothing is left",
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: []Thread{{0, closes(0)}, {1, func(_ *World, p *Process) {
			p.send(1)
			p.close(0)
		}}, {2, closes(1)}},
	}), of(plan{[2][]int{{1}, {2}}, 64}, Case{
		Name:   "pipe: its space is closed by one who waits",
		Bounds: Bounds{Preemptions: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{2, recvAll}, {1, func(_ *World, p *Process) { p.send(1) }}, {2, func(w *World, p *Process) {
			done := w.Call(p.ID, Crash) // to the others it is that
			err := p.Space.Close()
			w.Closed[2] = err == nil
			done(code(err))
		}}},
	})}
}
