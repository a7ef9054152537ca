//go:build explore

package explore

import "github.com/multiproc-go/multiproc/internal/driver"

func openConds(w *World) {
	for _, p := range w.Processes {
		p.Cond = must(p.Space.OpenCond(background, driver.Which{Name: "c"}))
	}
}

func waiter(process int, l gateLock) Thread {
	return Thread{process, func(w *World, p *Process) {
		ctx := background
		if l.canceled {
			ctx = w.ctx
		}
		p.condWait(ctx, l)
	}}
}

// canceler ends the context of those who wait with it.
func canceler(process int) Thread {
	return Thread{process, func(w *World, p *Process) {
		p.Space.Touch()
		w.cancel()
		w.sched.note(1)
	}}
}

// burier buries the dead once there are any, and then goes on.
func burier(process int, then func(p *Process)) Thread {
	return Thread{process, func(_ *World, p *Process) {
		if p.Died() {
			p.bury()
			if then != nil {
				then(p)
			}
		}
	}}
}

func condCases() []Case {
	small := Shape{Objects: 1, Annexes: 2}
	cond := func(name string, bounds, deep Bounds, threads ...Thread) Case {
		return Case{
			Name: "cond: " + name, Objects: []string{"Cond"}, Spaces: small, Bounds: bounds, Deep: deep,
			Setup: openConds, Model: condModel, Stalled: waitRightly, Stuck: waitRightly, Threads: threads,
		}
	}
	open, shut := gateLock{}, gateLock{shut: true}
	return []Case{
		cond("two wait, and two signals", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, open), waiter(1, open), Thread{2, func(_ *World, p *Process) {
				p.signal()
				p.signal()
			}}),
		cond("one who is signalled dies, and its signal goes to another", Bounds{Preemptions: 1, Kills: 1}, Bounds{Preemptions: 3, Kills: 2, Stops: 1},
			waiter(0, shut), waiter(1, open), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.signal()
			}}, burier(2, nil)),
		cond("what the dead was signalled is not kept for one who comes later", Bounds{Preemptions: 1, Kills: 1}, Bounds{Preemptions: 3, Kills: 2, Stops: 1},
			waiter(0, shut), Thread{1, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.signal()
			}}, burier(1, func(p *Process) { p.condWait(background, open) })),
		cond("one adopts a signal while it is sent one", Bounds{Preemptions: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, gateLock{gone: true}), waiter(1, open), waiter(1, gateLock{id: 1}), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.UntilAsleep(1)
				p.signal()
				p.UntilDone(0)
				p.signal()
			}}),
		cond("a context ends while a signal comes", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, gateLock{canceled: true}), canceler(0), waiter(1, open), Thread{2, func(_ *World, p *Process) { p.signal() }}),
		cond("a context ends while a broadcast comes", Bounds{Preemptions: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, gateLock{canceled: true}), canceler(0), Thread{2, func(_ *World, p *Process) { p.broadcast() }}),
		cond("a broadcast, and one who comes later", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, open), Thread{1, func(_ *World, p *Process) {
				p.condWait(background, open)
				p.condWait(background, gateLock{id: 1})
			}}, Thread{2, func(_ *World, p *Process) { p.broadcast() }}),
		cond("who sends a broadcast dies", Bounds{Preemptions: 1, Kills: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, open), waiter(1, open), Thread{2, func(_ *World, p *Process) { p.broadcast() }}, burier(3, nil)),
		cond("a waiter's lock is gone", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, gateLock{gone: true}), waiter(1, open), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.signal()
			}}),
		cond("one who does not hold the lock", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			waiter(0, gateLock{notHeld: true}), waiter(1, open), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(1)
				p.signal()
			}}),
		cond("deleted while others wait", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Stops: 1},
			waiter(0, open), waiter(1, open), Thread{2, func(w *World, p *Process) {
				done := w.Call(p.ID, "delete")
				done(code(p.Space.Delete(background, "c")))
			}}),
		cond("a space is closed in which somebody waits", Bounds{Preemptions: 1}, Bounds{Preemptions: 3},
			waiter(0, open), waiter(1, open), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(1)
				p.signal()
			}}, Thread{0, func(w *World, p *Process) {
				done := w.Call(p.ID, Crash)
				if err := p.Space.Close(); err != nil {
					panic(err)
				}
				w.Closed[0] = true
				done(codeOK)
			}}),
		condWithMutex(),
	}
}

// condWithMutex is what conditions are for: one waits until a number is not 0, and
// another changes it.
func condWithMutex() Case {
	return Case{
		Name: "cond: a number changes under the lock", Objects: []string{"Cond", "Mutex"},
		Spaces: Shape{Objects: 3, Annexes: 1},
		Bounds: Bounds{Preemptions: 2, Stops: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Setup: func(w *World) {
			openMutexes(w)
			openInt64s(w)
			openConds(w)
		},
		Stalled: waitsForChange, Stuck: waitsForChange,
		Threads: []Thread{{0, func(_ *World, p *Process) {
			h := must(p.Mutex.Lock(background))
			for must(p.Int64.Load(background)) == 0 {
				h = must(p.Cond.Wait(background, p.Mutex, h))
			}
			if err := p.Mutex.Unlock(h); err != nil {
				panic(err)
			}
		}}, {1, func(_ *World, p *Process) {
			h := must(p.Mutex.Lock(background))
			err := p.Int64.Store(background, 1)
			if err == nil {
				err = p.Mutex.Unlock(h)
			}
			if err == nil {
				err = p.Cond.Signal(background)
			}
			if err != nil {
				panic(err)
			}
		}}},
	}
}

// waitsForChange is right where who is to change the number has not come to its end.
func waitsForChange(w *World) error {
	if w.Dead[1] || w.sched.stopped[1] {
		return nil
	}
	return waitsForHolder(w)
}
