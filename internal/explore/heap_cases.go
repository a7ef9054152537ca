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
func boxIsWhole(w *World) (err error) {
	for id, p := range w.Processes {
		if w.Dead[id] {
			continue
		}
		p.Space.Collect(p.Int64)
		v, sound := p.Space.NewBox(p.Int64).Content()
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
	}}
}
