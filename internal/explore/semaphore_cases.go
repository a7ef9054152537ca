//go:build explore

package explore

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openSemaphores(permits int) func(w *World) {
	return func(w *World) {
		for _, p := range w.Processes {
			p.Semaphore = must(p.Space.OpenSemaphore(background, driver.Which{Name: "s"}, permits))
		}
	}
}

// acquire, tryAcquire, release and available are calls that the history keeps.
func (p *Process) acquire(ctx context.Context, n int) bool {
	done := p.World.Call(p.ID, "acquire", int64(n))
	err := p.Semaphore.Acquire(ctx, n)
	done(code(err))
	return err == nil
}

func (p *Process) tryAcquire(n int) bool {
	undisturbed := p.World.undisturbed()
	done := p.World.Call(p.ID, "tryacquire", int64(n))
	err := p.Semaphore.TryAcquire(n)
	alone := int64(0)
	if undisturbed(1) {
		alone = 1
	}
	done(code(err), alone)
	return err == nil
}

func (p *Process) release(n int) {
	done := p.World.Call(p.ID, "release", int64(n))
	done(code(p.Semaphore.Release(background, n)))
}

func (p *Process) available() {
	done := p.World.Call(p.ID, "available")
	n, err := p.Semaphore.Available(background)
	done(code(err), int64(n))
}

// undisturbed returns a function that tells whether no call of others was under way
// from then to now, while the caller has begun so many.
func (w *World) undisturbed() func(mine int) bool {
	quiet := true
	for _, op := range w.history.ops {
		quiet = quiet && (op.Returned || op.Name == Crash || w.Dead[op.Process])
	}
	began := len(w.history.ops)
	return func(mine int) bool { return quiet && len(w.history.ops) == began+mine }
}

// semaphoreModel's state is how many permits each process has, 8 bits for each, bit
// 48 and on which of them are dead, and bit 63 deleted.
func semaphoreModel(permits int64) Model {
	const deleted = 1 << 63
	return Model{Step: func(state uint64, op Op) (uint64, bool) {
		shift, dead := 8*op.Process, uint64(1)<<(48+op.Process)
		out := int64(0)
		for p := range 6 {
			out += int64(state >> (8 * p) & 0xff)
		}
		has := int64(state >> shift & 0xff)
		n := op.Args[0]
		switch op.Name {
		case Crash:
			return state&^(0xff<<shift) | dead, true
		case "delete":
			return state | deleted, op.Result[0] == codeOK
		}
		if state&dead != 0 {
			return state, false
		}
		if op.Returned && op.Result[0] == codeClosed {
			return state, state&deleted != 0
		}
		switch op.Name {
		case "acquire", "tryacquire":
			switch {
			case !op.Returned || op.Result[0] == codeOK:
				return state + uint64(n)<<shift, out+n <= permits
			case op.Result[0] == codeLocked:
				return state, out+n > permits || op.Result[1] == 0
			}
			return state, op.Result[0] == codeCanceled
		case "release":
			if op.Returned && op.Result[0] == codeNotHeld {
				return state, has < n
			}
			return state - uint64(n)<<shift, has >= n
		case "available":
			return state, !op.Returned || op.Result[1] == permits-out
		}
		return state, false
	}}
}

// waitsForPermits is right where one that is stopped has permits.
func waitsForPermits(w *World) error {
	for id, p := range w.Processes {
		if w.sched.stopped[id] && p.Space.HasPermits(p.Semaphore) {
			return nil
		}
	}
	return errStalled
}

// allBack fails unless all permits are free again.
func allBack(permits int) func(w *World) error {
	return func(w *World) error {
		for id, p := range w.Processes {
			if w.Dead[id] || w.Closed[id] {
				continue
			}
			if n, err := p.Semaphore.Available(background); n != permits || err != nil {
				return fmt.Errorf("afterwards %d permits of %d are free (%v)", n, permits, err)
			}
		}
		return nil
	}
}

// takes acquires and releases n permits.
func takes(n int) func(w *World, p *Process) {
	return func(w *World, p *Process) {
		if p.acquire(background, n) {
			p.release(n)
		}
	}
}

func semaphoreCases() []Case {
	of := func(permits int, c Case) Case {
		c.Objects, c.Spaces = []string{"Semaphore"}, Shape{Objects: 1}
		c.Setup, c.Model, c.Stalled = openSemaphores(permits), semaphoreModel(int64(permits)), waitsForPermits
		if c.After == nil {
			c.After = allBack(permits)
		}
		return c
	}
	return []Case{of(1, Case{
		Name:    "semaphore: three processes, one permit",
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: threads(takes(1), 0, 1, 2),
	}), of(2, Case{
		Name:    "semaphore: one wants all, two want one each",
		Bounds:  Bounds{Preemptions: 1, Kills: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(takes(2), 0), threads(takes(1), 1, 2)...),
	}), of(2, Case{
		Name:   "semaphore: two who want all, and one that sweeps",
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			takes(2)(w, p)
			takes(1)(w, p)
		}, 0), append(threads(takes(2), 1), sweeper(2))...),
	}), of(3, Case{
		Name:   "semaphore: goroutines of one process and another process",
		Bounds: Bounds{Preemptions: 1, Stops: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(takes(3), 0), append(threads(takes(1), 0), Thread{1, func(w *World, p *Process) {
			if p.acquire(background, 2) {
				p.release(1)
				p.release(1)
			}
		}})...),
	}), of(2, Case{
		Name:   "semaphore: one who waits for all gives up",
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 1},
		Threads: append(threads(takes(1), 0, 1), Thread{2, func(w *World, p *Process) {
			if p.acquire(w.ctx, 2) {
				p.release(2)
			}
		}}, Thread{2, func(w *World, p *Process) {
			p.Space.Touch()
			w.cancel()
			w.sched.note(1)
		}}),
	}), of(2, Case{
		Name:   "semaphore: trying, releasing too much, and looking",
		Bounds: Bounds{Preemptions: 1, Kills: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			if p.tryAcquire(2) {
				p.release(1)
				p.release(2)
				p.release(1)
			}
		}, 0), Thread{1, func(w *World, p *Process) {
			p.available()
			takes(1)(w, p)
			p.release(1)
		}}),
	}), {
		Name: "semaphore: one Release lets two go on", Objects: []string{"Semaphore"},
		Spaces: Shape{Objects: 1},
		Setup: func(w *World) {
			openSemaphores(2)(w)
			must(0, w.Processes[0].Semaphore.Acquire(background, 2))
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4},
		Threads: append(threads(func(_ *World, p *Process) { must(0, p.Semaphore.Acquire(background, 1)) }, 1, 2),
			Thread{0, func(_ *World, p *Process) {
				p.UntilAsleep(1)
				p.UntilAsleep(2)
				must(0, p.Semaphore.Release(background, 2))
			}}),
	}, of(1, Case{
		Name:   "semaphore: deleted while others use it",
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		After:  func(*World) error { return nil },
		Threads: append(threads(takes(1), 0, 1), Thread{2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "s")))
		}}),
	}), of(2, Case{
		Name:   "semaphore: opened again by one who has permits",
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: append(threads(takes(2), 0), Thread{1, func(w *World, p *Process) {
			if p.acquire(background, 1) {
				p.Space.LetGo(p.Semaphore)
				p.Semaphore = must(p.Space.OpenSemaphore(background, driver.Which{Name: "s"}, 2))
				p.release(1)
			}
		}}),
	}), of(2, Case{
		Name:   "semaphore: its space is closed by one who has permits",
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		Threads: append(threads(takes(2), 0), Thread{1, func(w *World, p *Process) {
			if p.acquire(background, 1) {
				done := w.Call(p.ID, Crash) // to the others it is that
				err := p.Space.Close()
				w.Closed[1] = err == nil
				done(code(err))
			}
		}}),
	})}
}
