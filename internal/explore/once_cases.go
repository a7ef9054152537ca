//go:build explore

package explore

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openOnces(w *World) {
	for _, p := range w.Processes {
		p.Once = must(p.Space.OpenOnce(background, driver.Which{Name: "o"}))
	}
}

// do has the work done, by this process if nobody else has; it fails so many times
// first.
func (p *Process) do(ctx context.Context, failures int) {
	for ; ; failures-- {
		began := p.World.Call(p.ID, "begin")
		held, done, err := p.Once.Begin(ctx)
		began(code(err), oneIf(done))
		if done || err != nil {
			return
		}
		p.Space.Touch() // the work
		ended := p.World.Call(p.ID, "end", oneIf(failures <= 0))
		ended(code(p.Once.End(held, failures <= 0)))
	}
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// onceModel's state is
//
//	bits 0-7 whose work it is + 1, bit 8 done, bit 9 deleted
var onceModel = Model{Step: func(state uint64, op Op) (uint64, bool) {
	const done, deleted = 1 << 8, 1 << 9
	me, worker := uint64(op.Process)+1, state&0xff
	free := state &^ 0xff
	switch op.Name {
	case Crash:
		if worker == me {
			return free, true
		}
		return state, true
	case "delete":
		return state | deleted, true
	}
	if op.Returned && op.Result[0] == codeClosed {
		return state, state&deleted != 0
	}
	switch op.Name {
	case "begin":
		switch {
		case op.Returned && op.Result[0] == codeCanceled:
			return state, true
		case op.Returned && op.Result[1] == 1:
			return state, state&done != 0
		}
		return free | me, worker == 0 && state&done == 0
	case "end":
		if op.Args[0] == 1 {
			free |= done
		}
		return free, worker == me
	}
	return state, false
}}

// worksOn is right where the one that is stopped does the work.
func worksOn(w *World) error {
	for id, p := range w.Processes {
		if w.sched.stopped[id] && p.Space.Works(p.Once) {
			return nil
		}
	}
	return errStalled
}

func works(ctx context.Context, failures int) func(*World, *Process) {
	return func(_ *World, p *Process) { p.do(ctx, failures) }
}

func onceCases() []Case {
	small, objects := Shape{Objects: 1}, []string{"Once"}
	return []Case{{
		Name: "once: three processes have it done", Objects: objects,
		Spaces: small, Setup: openOnces, Model: onceModel, Stalled: worksOn,
		Bounds:  Bounds{Preemptions: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: threads(works(background, 0), 0, 1, 2),
	}, {
		Name: "once: the first fails", Objects: objects,
		Spaces: small, Setup: openOnces, Model: onceModel, Stalled: worksOn,
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: append(threads(works(background, 1), 0), threads(works(background, 0), 1, 1)...),
	}, {
		Name: "once: contexts end", Objects: objects,
		Spaces: small, Setup: openOnces, Model: onceModel, Stalled: worksOn,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: append(threads(works(background, 1), 0, 1), Thread{2, func(w *World, p *Process) {
			p.do(w.ctx, 0)
		}}, Thread{2, func(w *World, p *Process) {
			p.Space.Touch()
			w.cancel()
			w.sched.note(1)
		}}),
	}, {
		Name: "once: deleted while others wait", Objects: objects,
		Spaces: small, Setup: openOnces, Model: onceModel, Stalled: worksOn,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		Threads: append(threads(works(background, 0), 0, 1), Thread{2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "o")))
		}}),
	}}
}
