//go:build explore

package explore

import (
	"errors"
	"fmt"
	"slices"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Arrays of the cases are small, and share a chunk with others, or are of two chunks.
const (
	smallArray = 8
	bigArray   = bigChunks * 256
)

// openArray opens an array of so many bytes, if it is not deleted meanwhile and there is
// room, and makes sure that a new one is zero.
func (p *Process) openArray(name string, bytes uint64) bool {
	a, err := p.Space.OpenArray(background, driver.Which{Name: name}, driver.Elements{Size: 8, Count: bytes / 8})
	if errors.Is(err, driver.ErrNoSpace) {
		return false // what others make or take apart is in the way
	}
	p.Array = must(a, err)
	return true
}

// check has an error that must not be fail the run.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func openSmall(w *World, p *Process) { p.openArray("a", smallArray) }
func openBig(w *World, p *Process)   { p.openArray("a", bigArray) }

// isAll returns an error unless all of the array's bytes are v.
func (p *Process) isAll(v byte) error {
	for i, b := range p.Array.Memory() {
		if b != v {
			return fmt.Errorf("byte %d of the array is %d, not %d", i, b, v)
		}
	}
	return nil
}

func (p *Process) fill(v byte) {
	memory := p.Array.Memory()
	for i := range memory {
		memory[i] = v
	}
}

// dirty leaves a block in the box that others of its chunk are used beside, and
// another one that has been used and is free.
func dirty(p *Process) {
	box := p.Space.NewBox(p.Int64)
	for v := range uint64(2) {
		check(box.Replace(v + 1))
	}
}

// oneArray is so if all who have opened the array have the same, and no other memory
// is in use.
func oneArray(w *World) error {
	ids := make(map[uint64]bool)
	for id, p := range w.Processes {
		if !w.Dead[id] && p.Array != nil {
			ids[p.Array.ID()] = true
		}
	}
	if len(ids) > 1 {
		return fmt.Errorf("one name, but %d arrays", len(ids))
	}
	return noMoreThanArrays(w)
}

// noMoreThanArrays is so if each block in use is an array's, and each array has one.
func noMoreThanArrays(w *World) error {
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		if blocks, arrays := p.Space.BlocksInUse(), p.Space.Arrays(); blocks != arrays {
			return fmt.Errorf("%d blocks are in use, and there are %d arrays", blocks, arrays)
		}
		return nil
	}
	return nil
}

// addUnderLock adds one to the array's first word, in two steps.
func addUnderLock(w *World, p *Process) {
	m, memory := p.Array.Mutex(), p.Array.Memory()
	h := must(m.Lock(background))
	v := memory[0]
	p.Space.Touch()
	memory[0] = v + 1
	check(m.Unlock(h))
}

func arrayCases() []Case {
	both := func(open func(*World, *Process)) func(*World) {
		return func(w *World) {
			for _, p := range w.Processes {
				open(w, p)
			}
		}
	}
	return []Case{{
		Name: "array: several make one of one name", Objects: []string{"Array"},
		Spaces: Shape{Objects: 3, Chunks: 4}, After: oneArray,
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: threads(openBig, 0, 1),
	}, {
		Name: "array: a small one is made where others are, and is zero", Objects: []string{"Array"},
		Spaces: Shape{Objects: 3, Chunks: 2},
		Setup: func(w *World) {
			openInt64s(w)
			dirty(w.Processes[0])
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: threads(func(w *World, p *Process) {
			if p.openArray("a", smallArray) {
				check(p.isAll(0))
			}
		}, 0, 1),
	}, {
		Name: "array: deleted while another opens it", Objects: []string{"Array"},
		Spaces: Shape{Objects: 2, Chunks: 4}, After: noMoreThanArrays,
		Setup:  func(w *World) { openBig(w, w.Processes[0]) },
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			check(p.Space.Delete(background, "a"))
			p.Space.LetGo(p.Array)
			p.Array = nil
		}}, {1, openBig}},
	}, {
		Name: "array: a dead one's goes, swept by two", Objects: []string{"Array"},
		Spaces: Shape{Objects: 1, Chunks: 2}, After: noMoreThanArrays,
		Setup: func(w *World) {
			openBig(w, w.Processes[2])
			check(w.Processes[0].Space.Delete(background, "a"))
			w.die(2)
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) { p.Space.Bury() }}, {1, func(w *World, p *Process) {
			p.Space.Bury()
			if p.openArray("b", bigArray) {
				check(p.isAll(0))
			}
		}}, {2, func(*World, *Process) {}}},
	}, {
		Name: "array: its memory stays good, deleted and its space closed", Objects: []string{"Array"},
		Spaces: Shape{Objects: 2, Chunks: 4},
		Setup:  both(openBig),
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3},
		Threads: []Thread{{0, func(w *World, p *Process) {
			p.fill(7)
			p.Space.Touch()
			check(p.Space.Close())
			w.Closed[0], w.Keeps[0] = true, true
			check(p.isAll(7))
		}}, {1, func(w *World, p *Process) {
			check(p.Space.Delete(background, "a"))
			p.Space.LetGo(p.Array)
			if p.openArray("b", bigArray) {
				p.fill(1)
			}
		}}},
		After: func(w *World) error {
			return w.Processes[0].isAll(7)
		},
	}, {
		Name: "array: its lock excludes, and passes on from the dead", Objects: []string{"Array"},
		Spaces: Shape{Objects: 1, Chunks: 1},
		Setup:  both(openSmall),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Stalled: func(w *World) error {
			for id, p := range w.Processes {
				if w.sched.stopped[id] && p.Space.Holds(p.Array.Mutex()) {
					return nil
				}
			}
			return errStalled
		},
		Threads: threads(addUnderLock, 0, 1, 0),
		After: func(w *World) error {
			for id, p := range w.Processes {
				if sum := int(p.Array.Memory()[0]); !w.Dead[id] && sum != 3 && !slices.Contains(w.Dead, true) {
					return fmt.Errorf("the sum is %d, not 3", sum)
				}
			}
			return nil
		},
	}}
}
