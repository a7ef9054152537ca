//go:build explore

package explore

import (
	"flag"
	"testing"

	"github.com/multiproc-go/multiproc/internal/shm"
)

var (
	deep = flag.Bool("deep", false, "explore all cases to their full bounds")
	runs = flag.Int("runs", 60_000, "explore each case by at most so many runs")
)

// TestCases_keepTheirPromises explores every case.
func TestCases_keepTheirPromises(t *testing.T) {
	states, all := 0, 0
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			bounds, most := c.Bounds, *runs
			if *deep {
				bounds, most = c.Deep, 1<<40
			}
			r := Explore(c, bounds, most)
			t.Logf("%d states, %d runs, complete to %+v: %v", r.States, r.Runs, bounds, r.Full)
			states += r.States
			all += r.Runs
			if r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	t.Logf("%d states in %d runs", states, all)
}

// TestMutations_areCaught shows that the cases would find bugs.
func TestMutations_areCaught(t *testing.T) {
	defer shm.Mutate(0)
	for m, name := range shm.Mutations {
		if m == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			shm.Mutate(m)
			for _, c := range Cases() {
				if r := Explore(c, c.Bounds, *runs); r.Err != nil {
					t.Logf("caught after %d runs: %.200s", r.Runs, r.Err)
					return
				}
			}
			t.Error("no case finds it")
		})
	}
}
