//go:build explore

package explore

import (
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// replace puts a block into a box that others use too.
func replace(w *World, p *Process) {
	if err := p.Space.NewBox(p.Int64).Replace(uint64(p.ID) + 1); err != nil && !errors.Is(err, driver.ErrNoSpace) {
		panic(err)
	}
}

func empty(w *World, p *Process) {
	if err := p.Space.NewBox(p.Int64).Empty(); err != nil {
		panic(err)
	}
}

// boxIsWhole is so if the box's block is there, and no other is.
func boxIsWhole(w *World) (err error) { return isWhole(w, 1) }

func bigBoxIsWhole(w *World) error { return isWhole(w, bigChunks) }

func isWhole(w *World, pieces uint64) (err error) {
	for id, p := range w.Processes {
		if w.Dead[id] {
			continue
		}
		p.Space.Collect(p.Int64)
		v, sound := p.Space.NewBigBox(p.Int64, pieces).Content()
		want := 0
		if v != 0 {
			want = 1
		}
		if inUse := p.Space.BlocksInUse(); !sound || v > uint64(len(w.Processes)) || inUse != want {
			err = fmt.Errorf("the box has %d, sound: %v; %d blocks are in use", v, sound, inUse)
		}
	}
	return err
}

// bigChunks is how many chunks the big blocks of the cases have.
const bigChunks = 2

// bigReplace and bigEmpty are replace and empty for big blocks.
func bigReplace(w *World, p *Process) {
	err := p.Space.NewBigBox(p.Int64, bigChunks).Replace(uint64(p.ID) + 1)
	if err != nil && !errors.Is(err, driver.ErrNoSpace) {
		panic(err)
	}
}

func bigEmpty(w *World, p *Process) {
	if err := p.Space.NewBigBox(p.Int64, bigChunks).Empty(); err != nil {
		panic(err)
	}
}

func heapCases() []Case {
	return []Case{{
		Name: "heap: two processes replace one block", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Annexes: 1, Chunks: 2}, Setup: openInt64s, After: boxIsWhole,
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: threads(replace, 0, 1),
	}, {
		Name: "heap: filled and emptied, so that chunks come and go", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Annexes: 1, Chunks: 2}, Setup: openInt64s, After: boxIsWhole,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			replace(w, p)
			empty(w, p)
			replace(w, p)
		}}, {1, empty}, sweeper(2)},
	}, {
		Name: "heap: a chunk is given back while its owner fills another block", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Chunks: 2}, After: boxIsWhole,
		Setup: func(w *World) {
			openInt64s(w)
			replace(w, w.Processes[1])
		},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: []Thread{{0, empty}, {1, replace}},
	}, {
		Name: "heap: two processes replace one big block", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Chunks: 5}, Setup: openInt64s, After: bigBoxIsWhole,
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: threads(bigReplace, 0, 1),
	}, {
		Name: "heap: big blocks and small ones want the same chunks", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Chunks: 3}, Setup: openInt64s, After: noneLeft,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 4, Kills: 2, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			bigReplace(w, p)
			bigEmpty(w, p)
			bigReplace(w, p)
			bigEmpty(w, p)
		}}, {1, func(w *World, p *Process) {
			replace(w, p)
			empty(w, p)
		}}},
	}, {
		Name: "heap: a dead one's big block is given back, and its chunks are used again", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Chunks: 3}, After: bigBoxIsWhole,
		Setup: func(w *World) {
			openInt64s(w)
			bigReplace(w, w.Processes[2])
			w.die(2)
		},
		Bounds: Bounds{Preemptions: 3},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			p.Space.Bury()
			bigReplace(w, p)
		}}, {1, bigEmpty}, {2, func(*World, *Process) {}}},
	}, {
		Name: "heap: who frees a big block and comes late", Objects: []string{"Space"},
		Spaces: Shape{Objects: 1, Chunks: 3}, After: bigBoxIsWhole,
		Setup: func(w *World) {
			openInt64s(w)
			bigReplace(w, w.Processes[1])
			w.die(2)
		},
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, bigEmpty}, {1, func(w *World, p *Process) {
			p.Space.Bury()
			bigReplace(w, p)
		}}, {2, func(*World, *Process) {}}},
	}}
}

// noneLeft is so if no block is in use, but for one that each of the dead had put into
// the box, and one that it had taken out of it.
func noneLeft(w *World) error {
	dead := 0
	for _, is := range w.Dead {
		if is {
			dead++
		}
	}
	for id, p := range w.Processes {
		if n := p.Space.BlocksInUse(); !w.Dead[id] && n > 2*dead {
			return fmt.Errorf("%d blocks are in use, and %d are dead", n, dead)
		}
	}
	return nil
}
