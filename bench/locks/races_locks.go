package locks

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

// How the processes of a race are placed.
const (
	free   = "free"   // by the scheduler
	pinned = "pinned" // each to a processor, in turn
)

func (f field) uncontended() harness.Race {
	var all []harness.Contestant
	for i, p := range append(f.players(), f.goes("Go sync.Mutex, in one process", "player", "sync")) {
		number := 20_000
		if i == flocked || i == gofrs {
			number = 50
		}
		all = append(all, f.conducted(p, "alone", number))
	}
	all = append(all, f.shelf.Python("Python multiprocessing.Lock", "locks.py", "uncontended", "200", "2000"))
	r := harness.Race{Work: "lock and unlock, uncontended", Unit: "ns"}
	r.Ours, r.Peers = race(0.6, all)
	return r
}

// contended is long for the two that ratios are for, and short for the others.
func (f field) contended(processes int, placing string) harness.Race {
	const long, short = 2000, 200 // ms of a round
	var all []harness.Contestant
	for i, p := range f.players() {
		ms := short
		if i == ours || i == robust {
			ms = long
		}
		all = append(all, f.conducted(p, "contend", processes, ms, placing))
	}
	all = append(all, f.shelf.Python("Python multiprocessing.Lock", "locks.py",
		"contend", strconv.Itoa(processes), strconv.Itoa(short), placing))

	r := harness.Race{Work: fmt.Sprintf("contended by %d processes", processes), Unit: "M/s", More: true}
	if placing == pinned {
		r.Work += ", pinned"
	}
	share := harness.Reading{Name: "share of the slowest", Unit: "%", More: true, Of: figure(1)}
	if processes == 2 {
		share.Limit = 30
	}
	r.Readings = []harness.Reading{
		{Name: "total", Of: figure(0)},
		share,
		{Name: "longest wait", Unit: "ms", Of: worst(2)},
	}
	r.Ours, r.Peers = race(1.5, all)
	return r
}

// figure is the median of what stood at place i of each round.
func figure(i int) func(rounds [][]float64) float64 {
	return func(rounds [][]float64) float64 { return harness.Median.Of(place(i, rounds)) }
}

func worst(i int) func(rounds [][]float64) float64 {
	return func(rounds [][]float64) float64 { return harness.Worst.Of(place(i, rounds)) }
}

func place(i int, rounds [][]float64) [][]float64 {
	var there [][]float64
	for _, figures := range rounds {
		there = append(there, figures[i:i+1])
	}
	return there
}
