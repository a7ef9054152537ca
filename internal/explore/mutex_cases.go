//go:build explore

package explore

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// lock and unlock are calls that the history keeps.
func (p *Process) lock(ctx context.Context) driver.Holding {
	done := p.World.Call(p.ID, "lock")
	h, err := p.Mutex.Lock(ctx)
	done(code(err), held(h))
	return h
}

func (p *Process) tryLock() (driver.Holding, bool) {
	done := p.World.Call(p.ID, "trylock")
	h, err := p.Mutex.TryLock()
	done(code(err), held(h))
	return h, err == nil
}

func (p *Process) unlock(h driver.Holding) {
	done := p.World.Call(p.ID, "unlock", int64(h.Token()))
	done(code(p.Mutex.Unlock(h)))
}

func held(h driver.Holding) int64 {
	v := int64(h.Token()) << 1
	if h.Abandoned() {
		v |= 1
	}
	return v
}

// mutexModel's state is
//
//	bits 0-7 who holds it + 1, bit 8 abandoned, bit 9 deleted, bits 16-63 last token
var mutexModel = Model{Step: func(state uint64, op Op) (uint64, bool) {
	const abandoned, deleted = 1 << 8, 1 << 9
	me, holder, token := uint64(op.Process)+1, state&0xff, int64(state>>16)
	free := state &^ 0xff
	switch op.Name {
	case Crash:
		if holder == me {
			return free | abandoned, true
		}
		return state, true
	case "delete":
		return state | deleted, op.Result[0] == codeOK
	}
	if op.Returned && op.Result[0] == codeClosed {
		return state, state&deleted != 0
	}
	switch op.Name {
	case "lock", "trylock":
		if op.Returned && op.Result[0] != codeOK {
			return state, op.Result[0] != codeLocked || holder != 0
		}
		if holder != 0 {
			return state, false
		}
		if !op.Returned {
			return state&0xff00 | uint64(token+1)<<16 | me, true
		}
		wasAbandoned, got := state&abandoned != 0, op.Result[1]>>1
		return state&0xff00 | uint64(got)<<16 | me, got > token && wasAbandoned == (op.Result[1]&1 == 1)
	case "unlock":
		mine := holder == me && op.Args[0] == token
		if op.Returned && op.Result[0] == codeNotHeld {
			return state, !mine
		}
		return free &^ abandoned, mine
	}
	return state, false
}}

// waitsForHolder is right where the one that is stopped holds the lock.
func waitsForHolder(w *World) error {
	for id, p := range w.Processes {
		if w.sched.stopped[id] && p.Mutex != nil && p.Space.Holds(p.Mutex) {
			return nil
		}
	}
	return errStalled
}

func lockUnlock(w *World, p *Process) { p.unlock(p.lock(background)) }

func mutexCases() []Case {
	small := Shape{Objects: 1}
	return []Case{{
		Name: "mutex: three processes lock and unlock", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds:  Bounds{Preemptions: 2, Kills: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: threads(lockUnlock, 0, 1, 2),
	}, {
		Name: "mutex: two processes, twice each, and one that sweeps", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds: Bounds{Preemptions: 2, Kills: 2, Stops: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			lockUnlock(w, p)
			lockUnlock(w, p)
		}, 0, 1), sweeper(2)),
	}, {
		Name: "mutex: waiters whose contexts end", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds:  Bounds{Preemptions: 2},
		Deep:    Bounds{Preemptions: 4, Kills: 1},
		Threads: append(threads(lockUnlock, 0, 1), cancelled(2)...),
	}, {
		Name: "mutex: goroutines of one process and another process", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds:  Bounds{Preemptions: 2, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: threads(lockUnlock, 0, 0, 1),
	}, {
		Name: "mutex: trying while others hold and die", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds: Bounds{Preemptions: 2, Kills: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: append(threads(lockUnlock, 0, 1), Thread{2, func(w *World, p *Process) {
			if h, ok := p.tryLock(); ok {
				p.unlock(h)
			}
		}}),
	}, {
		Name: "mutex: a holding ends once", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			first := p.lock(background)
			p.unlock(first)
			second := p.lock(background)
			p.unlock(first)
			p.unlock(second)
		}, 0), threads(lockUnlock, 1)...),
	}, {
		Name: "mutex: deleted while others use it", Objects: []string{"Mutex"},
		Spaces: small, Setup: openMutexes, Model: mutexModel, Stalled: waitsForHolder,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			done := w.Call(p.ID, "lock")
			h, err := p.Mutex.Lock(background)
			done(code(err), held(h))
			if err == nil {
				p.unlock(h)
			}
		}, 0, 1), Thread{2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "m")))
		}}),
	}}
}

// cancelled are two goroutines of a process: one waits for the lock, and the other
// ends its context.
func cancelled(process int) []Thread {
	return []Thread{{process, func(w *World, p *Process) {
		done := w.Call(p.ID, "lock")
		h, err := p.Mutex.Lock(w.ctx)
		done(code(err), held(h))
		if err == nil {
			p.unlock(h)
		}
	}}, {process, func(w *World, p *Process) {
		p.Space.Touch()
		w.cancel()
		w.sched.note(1)
	}}}
}
