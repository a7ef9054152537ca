//go:build explore

package explore

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// openBarriers has the first so many processes open a barrier.
func openBarriers(processes, parties int) func(w *World) {
	return func(w *World) {
		for _, p := range w.Processes[:processes] {
			p.Barrier = must(p.Space.OpenBarrier(background, driver.Which{Name: "b"}, parties))
		}
	}
}

// meet waits at the barrier, as the k'th Wait of its process.
func (p *Process) meet(ctx context.Context, k int) error {
	place := int64(p.ID*placesEach + k)
	arrived := p.World.Call(p.ID, "arrive", place)
	left := p.World.Call(p.ID, "leave", place, oneIf(ctx != background))
	index, err := p.Barrier.Wait(ctx)
	if err == nil { // else it may or may not have come so far
		arrived(codeOK, int64(index))
	}
	left(code(err))
	return err
}

func meets(process, k int) Thread {
	return Thread{process, func(_ *World, p *Process) { _ = p.meet(background, k) }}
}

func (p *Process) reset() {
	done := p.World.Call(p.ID, "reset")
	done(code(p.Barrier.Reset(background)))
}

func (p *Process) abort() {
	done := p.World.Call(p.ID, "abort")
	done(code(p.Barrier.Abort(background)))
}

// notedSweeper is a sweeper whose sweep the history keeps.
func notedSweeper(process int) Thread {
	return Thread{process, func(w *World, p *Process) {
		if p.Died() {
			mask := int64(0)
			for id, dead := range w.Dead {
				if dead {
					mask |= 1 << id
				}
			}
			done := w.Call(p.ID, "sweep", mask)
			p.Space.Bury()
			done(codeOK)
		}
	}}
}

// partyMissing is right where those who wait are in a round that others have yet to
// come to, and nobody else is counted in it.
func partyMissing(w *World) (err error) {
	most, least := 0, 0
	for _, op := range w.history.ops {
		if op.Name == "leave" && !op.Returned && !w.Dead[op.Process] {
			most++
			if !w.sched.stopped[op.Process] {
				least++
			}
		}
	}
	w.quietly(func() {
		for id, p := range w.Processes {
			if w.Dead[id] || w.Closed[id] || p.Barrier == nil {
				continue
			}
			n, _ := p.Barrier.Waiting(background)
			if n < least || n > most {
				err = fmt.Errorf("%d to %d wait, and %d are counted: %s", least, most, n, w.sched.describe())
			}
		}
	})
	return err
}

func barrierCases() []Case {
	small, objects := Shape{Objects: 1}, []string{"Barrier"}
	two, three := barrierModel(2), barrierModel(3)
	return []Case{{
		Name: "barrier: two parties, two rounds", Objects: objects,
		Spaces: small, Setup: openBarriers(2, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: append(threads(func(_ *World, p *Process) {
			_ = p.meet(background, 0)
			_ = p.meet(background, 1)
		}, 0, 1), notedSweeper(2)),
	}, {
		Name: "barrier: three parties, and more cells than the entry has", Objects: objects,
		Spaces: Shape{Objects: 1, Annexes: 3}, Setup: openBarriers(3, 3), Model: three, Stalled: partyMissing, Stuck: partyMissing,
		Bounds:  Bounds{Preemptions: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{meets(0, 0), meets(1, 0), meets(2, 0), notedSweeper(3)},
	}, {
		Name: "barrier: more goroutines than parties", Objects: objects,
		Spaces: Shape{Objects: 1, Annexes: 3}, Setup: openBarriers(2, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{meets(0, 0), meets(0, 1), meets(1, 0), notedSweeper(2)},
	}, {
		Name: "barrier: a context ends", Objects: objects,
		Spaces: small, Setup: openBarriers(2, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 5, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) { _ = p.meet(w.ctx, 0) }}, {0, func(w *World, p *Process) {
			p.Space.Touch()
			w.cancel()
			w.sched.note(1)
		}}, meets(1, 0), notedSweeper(2)},
	}, {
		Name: "barrier: reset while others wait", Objects: objects,
		Spaces: Shape{Objects: 1, Annexes: 3}, Setup: openBarriers(3, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{meets(0, 0), {1, func(_ *World, p *Process) {
			p.reset()
			_ = p.meet(background, 0)
		}}, meets(2, 0), notedSweeper(3)},
	}, {
		Name: "barrier: aborted, reset, and used again", Objects: objects,
		Spaces: small, Setup: openBarriers(2, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 1, Stops: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			if p.meet(background, 0) != nil {
				p.reset()
				_ = p.meet(background, 1)
			}
		}}, {1, func(_ *World, p *Process) {
			p.abort()
			p.reset()
			_ = p.meet(background, 0)
		}}, notedSweeper(2)},
	}, {
		Name: "barrier: deleted while others wait", Objects: objects,
		Spaces: Shape{Objects: 1, Annexes: 3}, Setup: openBarriers(3, 3), Model: three, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		Threads: []Thread{meets(0, 0), meets(1, 0), {2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "b")))
		}}},
	}, {
		Name: "barrier: a process that waits closes the space", Objects: objects,
		Spaces: small, Setup: openBarriers(2, 2), Model: two, Stalled: partyMissing, Stuck: partyMissing,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{meets(0, 0), {0, func(w *World, p *Process) {
			w.Call(p.ID, "closing")(codeOK)
			done := w.Call(p.ID, "close")
			if err := p.Space.Close(); err != nil {
				panic(err)
			}
			w.Closed[0] = true
			done(codeOK)
		}}, meets(1, 0), notedSweeper(2)},
	}, {
		Name: "barrier: a sweeper that comes late finds another barrier", Objects: objects,
		Spaces: small,
		Setup: func(w *World) {
			p := w.Processes[2]
			p.Barrier = must(p.Space.OpenBarrier(background, driver.Which{Name: "b"}, 3))
			if err := p.Space.Arrive(p.Barrier); err != nil {
				panic(err)
			}
			w.die(2)
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) { p.Space.Bury() }}, {1, func(_ *World, p *Process) {
			p.Space.Bury()
			if err := p.Space.Delete(background, "b"); err != nil {
				panic(err)
			}
			b, err := p.Space.OpenBarrier(background, driver.Which{Name: "c"}, 3)
			if errors.Is(err, driver.ErrNoSpace) {
				return // the other process is not done with the entry
			}
			p.Barrier = must(b, err)
			if err := p.Space.Arrive(b); err != nil {
				panic(err)
			}
			p.UntilDone(0)
			if broken, err := b.Broken(background); broken || err != nil {
				panic(fmt.Sprintf("nobody has broken the new barrier: %v, %v", broken, err))
			}
		}}, {2, func(*World, *Process) {}}},
	}}
}
