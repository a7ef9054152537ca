package locks

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

func (f field) uncontended() harness.Race {
	var all []harness.Contestant
	for i, p := range append(f.players(), f.Contestant("Go sync.Mutex, in one process", "player", "sync")) {
		number := 20_000
		if i == flocked || i == gofrs {
			number = 50
		}
		all = append(all, f.Conducting(p, "alone", number))
	}
	all = append(all, f.shelf.Python("Python multiprocessing.Lock", "locks.py", "uncontended", "Lock", "200", "2000"))
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
		all = append(all, f.Conducting(p, "contend", processes, ms, placing))
	}
	all = append(all, f.shelf.Python("Python multiprocessing.Lock", "locks.py",
		"contend", "Lock", strconv.Itoa(processes), strconv.Itoa(short), placing))

	r := harness.Race{Work: fmt.Sprintf("contended by %d processes", processes), Unit: "M/s", More: true}
	if placing == stage.Pinned {
		r.Work += ", pinned"
	}
	share := harness.Reading{Name: "share of the slowest", Unit: "%", More: true, Of: stage.Share}
	if processes == 2 {
		share.Limit = 30
	}
	r.Readings = []harness.Reading{
		{Name: "total", Of: stage.Total},
		share,
		{Name: "longest wait", Unit: "ms", Of: stage.LongestWait},
	}
	r.Ours, r.Peers = race(1.5, all)
	return r
}
