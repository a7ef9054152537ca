package coordination

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

func (f field) pingpong(placing string) harness.Race {
	r := f.ensemble("Cond, round trip of 2 processes", "pingpong", 2, 2000, placing,
		f.shelf.C("C pthread_cond and mutex", "coordination/cond_pingpong", "2"),
		f.shelf.Python("Python Condition", "coordination.py", "pingpong", "1000", placing))
	r.Readings = []harness.Reading{harness.Quantile(0.5), {Name: "per second", Unit: "/s", More: true, Of: perSecond}}
	return r
}

func (f field) broadcast(placing string) harness.Race {
	r := f.ensemble("Cond, Broadcast until all 4 waiters wait again", "broadcast", 5, 1000, placing,
		f.shelf.C("C pthread_cond and mutex", "coordination/cond_broadcast", "5"),
		f.shelf.Python("Python Condition", "coordination.py", "broadcast", "4", "300", placing))
	r.Readings = []harness.Reading{harness.Quantile(0.5), {Name: "per second", Unit: "/s", More: true, Of: perSecond}}
	return r
}

func (f field) barrier(parties int, placing string) harness.Race {
	number := strconv.Itoa(parties)
	r := f.ensemble(fmt.Sprintf("Barrier, rounds of %d processes", parties), "barrier", parties, 2000, placing,
		f.shelf.C("C pthread_barrier", "coordination/barrier", number),
		f.shelf.Python("Python Barrier", "coordination.py", "barrier", number, "300", placing))
	r.Unit, r.More = "/s", true
	r.Readings = []harness.Reading{{Of: perSecond}}
	return r
}

// ensemble is about so many turns that processes take together; Python's process
// counts them by itself.
func (f field) ensemble(work, kind string, parties, turns int, placing string, c, python harness.Contestant) harness.Race {
	together := func(p harness.Contestant) harness.Contestant {
		return f.Conducting(p, "ensemble", parties, turns, placing)
	}
	return harness.Race{
		Work: work + how(placing), Unit: "µs",
		Ours:  together(f.Contestant("multiproc", "party", kind, parties)),
		Peers: versus(together(c), python),
	}
}

// perSecond is how many turns there were in a second, where figures are the µs of
// each.
func perSecond(rounds [][]float64) float64 {
	rates := make([][]float64, len(rounds))
	for i, figures := range rounds {
		sum := 0.0
		for _, f := range figures {
			sum += f
		}
		rates[i] = []float64{float64(len(figures)) / sum * 1e6}
	}
	return harness.Median.Of(rates)
}
