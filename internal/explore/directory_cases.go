//go:build explore

package explore

import (
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// openAndAdd opens a number by name and adds to it, if it is not deleted by then.
func openAndAdd(w *World, p *Process) {
	n, err := p.Space.OpenInt64(background, driver.Which{Name: "i"})
	if errors.Is(err, driver.ErrNoSpace) {
		return // as many objects as there can be are being made or taken apart
	}
	p.Int64 = must(n, err)
	if _, err := p.Int64.Add(background, 1); err != nil && !errors.Is(err, driver.ErrClosed) {
		panic(err)
	}
}

func firstOpensInt64(w *World) {
	p := w.Processes[0]
	p.Int64 = must(p.Space.OpenInt64(background, driver.Which{Name: "i"}))
}

func letGo(w *World, p *Process) { p.Space.LetGo(p.Int64) }

// attachAndLock is what a late process does that uses a lock, where there is room
// for it.
func attachAndLock(w *World, p *Process) {
	if p.Attach() {
		openMutex(p)
		lockUnlock(w, p)
	}
}

// oneGotIn is so if, nobody having died meanwhile, one of those who came late is in
// the space, and no more.
func oneGotIn(late ...int) func(w *World) error {
	return func(w *World) error {
		in, dead := 0, 0
		for _, id := range late {
			if w.Dead[id] {
				dead++
			} else if !w.Closed[id] {
				in++
			}
		}
		if dead == 0 && in != 1 {
			return fmt.Errorf("%d of %d have got into the space", in, len(late))
		}
		return nil
	}
}

func directoryCases() []Case {
	return []Case{{
		Name: "space: several make an object of one name", Objects: []string{"Space"},
		Spaces:  Shape{Objects: 3},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: threads(openAndAdd, 0, 1, 2),
		After: func(w *World) error {
			ids := make(map[uint64]bool)
			for id, p := range w.Processes {
				if !w.Dead[id] && p.Int64 != nil {
					ids[p.Int64.ID()] = true
				}
			}
			if len(ids) > 1 {
				return fmt.Errorf("one name, but %d objects", len(ids))
			}
			return nil
		},
	}, {
		Name: "space: an object is deleted and its entry becomes another", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1},
		Setup:  firstOpensInt64,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			if err := p.Space.Delete(background, "i"); err != nil {
				panic(err)
			}
			p.Space.LetGo(p.Int64)
			e, err := p.Space.OpenInt64(background, driver.Which{Name: "j"})
			if err != nil {
				return // the other process is not done with the entry
			}
			if v, err := e.Load(background); err != nil || v != 0 {
				panic(fmt.Sprintf("a new number is %d (%v)", v, err))
			}
			p.Int64 = e
		}}, {1, openAndAdd}},
	}, {
		Name: "space: a lock's entry becomes another lock's", Objects: []string{"Space", "Mutex"},
		Spaces: Shape{Objects: 1},
		Setup: func(w *World) {
			p := w.Processes[0]
			p.Mutex = must(p.Space.OpenMutex(background, driver.Which{Name: "m"}))
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 4, Kills: 1},
		Threads: []Thread{{1, func(w *World, p *Process) {
			m, err := p.Space.OpenMutex(background, driver.Which{Name: "m"})
			if err != nil {
				return
			}
			p.Mutex = m
			m.TryLock()
		}}, {0, func(w *World, p *Process) {
			if err := p.Space.Delete(background, "m"); err != nil {
				panic(err)
			}
			p.Space.LetGo(p.Mutex)
			m, err := p.Space.OpenMutex(background, driver.Which{Name: "n"})
			if err != nil {
				return // the other process is not done with the entry
			}
			if _, err := m.TryLock(); err != nil {
				panic(fmt.Sprintf("nobody else has the new lock: %v", err))
			}
			p.Mutex = m
		}}},
	}, {
		Name: "space: a sweeper that comes late finds another object", Objects: []string{"Space", "Mutex"},
		Spaces: Shape{Objects: 1},
		Setup: func(w *World) {
			p := w.Processes[2]
			p.Mutex = must(p.Space.OpenMutex(background, driver.Which{Name: "m"}))
			if err := p.Space.Delete(background, "m"); err != nil {
				panic(err)
			}
			w.die(2)
		},
		Bounds: Bounds{Preemptions: 3},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) { p.Space.Bury() }}, {1, func(w *World, p *Process) {
			p.Space.Bury()
			m, err := p.Space.OpenMutex(background, driver.Which{Name: "n"})
			if err != nil {
				return // the other process is not done with the entry
			}
			p.Mutex = m
			p.UntilDone(0)
			if _, err := m.TryLock(); err != nil {
				panic(fmt.Sprintf("nobody has deleted the new lock: %v", err))
			}
		}}, {2, func(*World, *Process) {}}},
	}, {
		Name: "space: checked while an object goes", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1},
		Setup:  firstOpensInt64,
		Bounds: Bounds{Preemptions: 2, Stops: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			if err := p.Space.Delete(background, "i"); err != nil {
				panic(err)
			}
			letGo(w, p)
		}}, {1, func(w *World, p *Process) {
			if err := p.Space.Check(background); err != nil {
				panic(err)
			}
		}}},
	}, {
		Name: "space: the fifth who attaches, while the object goes", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Annexes: 1},
		Setup: func(w *World) {
			for _, p := range w.Processes[:4] {
				p.Int64 = must(p.Space.OpenInt64(background, driver.Which{Name: "i"}))
			}
		},
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{4, openAndAdd}, {0, func(w *World, p *Process) {
			if err := p.Space.Delete(background, "i"); err != nil {
				panic(err)
			}
			letGo(w, p)
		}}, {1, letGo}, {2, letGo}, {3, letGo}},
	}, {
		Name: "space: one attaches when another has died, and nobody has swept", Objects: []string{"Space", "Mutex"},
		Spaces: Shape{Objects: 1, Slots: 3}, Late: []int{2}, Model: mutexModel, Stalled: waitsForHolder,
		Setup: func(w *World) {
			openMutex(w.Processes[0])
			openMutex(w.Processes[1])
		},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: append(threads(lockUnlock, 0, 1), threads(attachAndLock, 2)...),
	}, {
		Name: "space: two attach, and there is room for one", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Slots: 3}, Late: []int{2, 3}, After: oneGotIn(2, 3),
		Setup: func(w *World) {
			openMutex(w.Processes[1])
			must(w.Processes[1].Mutex.Lock(background))
			w.die(1)
		},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: threads(func(_ *World, p *Process) { p.Attach() }, 2, 3),
	}, {
		Name: "space: closed while it is used", Objects: []string{"Space", "Mutex"},
		Spaces: Shape{Objects: 1}, Setup: openMutexes, Stalled: waitsForHolder,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: append(threads(func(w *World, p *Process) {
			h, err := p.Mutex.Lock(background)
			if err == nil {
				err = p.Mutex.Unlock(h)
			}
			if err != nil && !errors.Is(err, driver.ErrClosed) {
				panic(err)
			}
		}, 0, 1), Thread{0, func(w *World, p *Process) {
			if err := p.Space.Close(); err != nil {
				panic(err)
			}
			w.Closed[0] = true
		}}),
	}}
}
