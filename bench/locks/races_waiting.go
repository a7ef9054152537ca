package locks

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

var p99 = harness.Quantile(0.99)

// killed is about a holder's death: with a process besides the waiter that has the
// space open, and without. Those that never come to an end have one turn a round.
func (f field) killed(size string, times, mib int, reach bool) []harness.Race {
	r := harness.Race{
		Work: "SIGKILL of a holder" + size + ", until the next one has the lock", Unit: "ms",
		Readings: []harness.Reading{harness.Median, p99},
	}
	if reach {
		r.Readings[0].Limit, r.Readings[1].Limit = 0.7, 10
	}
	killing := func(player, times int, parent string) harness.Contestant {
		return f.Conducting(f.players()[player], "kill", times, mib, parent)
	}
	watched := r
	watched.Work += ", with a parent that watches"
	watched.Ours = killing(ours, times, watching)

	r.Ours = killing(ours, times, absent)
	r.Peers = []harness.Peer{{Contestant: killing(robust, times, absent)}, {Contestant: killing(flocked, times, absent)}}
	if reach {
		python := f.shelf.Python("Python multiprocessing.Lock", "locks.py", "kill", strconv.FormatInt(patience.Milliseconds(), 10))
		for _, never := range []harness.Contestant{killing(pthread, 1, absent), killing(semaphore, 1, absent), python} {
			r.Peers = append(r.Peers, harness.Peer{Contestant: never})
		}
	}
	return []harness.Race{r, watched}
}

// woken is about one process that wakes another: ours with an Event.
func (f field) woken(how string, times, pause int) harness.Race {
	number, micros := strconv.Itoa(times), strconv.Itoa(pause)
	return harness.Race{
		Work: "wake another process, " + how, Unit: "µs",
		Readings: []harness.Reading{harness.Median, p99},
		Ours:     f.Contestant("multiproc, Event", "wake", times, pause),
		Peers: []harness.Peer{
			{Contestant: f.shelf.C("C pipe", "wake", "pipe", number, micros)},
			{Contestant: f.shelf.C("C futex", "wake", "futex", number, micros)},
		},
	}
}

// many is how many goroutines and objects there are.
const many = 10_000

// crowds are about many objects and many who wait; most have no peer.
func (f field) crowds() []harness.Race {
	figure := func(i int) func(rounds [][]float64) float64 { return harness.Place(i, harness.Median.Of) }
	waiting := func(work, contestant string) harness.Race {
		return harness.Race{
			Work: fmt.Sprintf("%d goroutines wait, %s", many, work), Unit: "threads",
			Ours: f.Contestant("multiproc", contestant, many),
			Readings: []harness.Reading{
				{Name: "threads", Of: figure(0), Limit: 200},
				{Name: "until all wait", Unit: "ms", Of: figure(1)},
				{Name: "processor while they wait", Unit: "%", Of: figure(2)},
				{Name: "until all had the lock", Unit: "ms", Of: figure(3)},
			},
		}
	}
	size := func(kind string) harness.Race {
		return harness.Race{
			Work: "memory of one " + kind + " in the space", Unit: "B",
			Ours: f.Contestant("multiproc", "bytes", kind, many),
		}
	}
	idles := func(kind string) harness.Race {
		return harness.Race{
			Work: "processor used by a process that waits for one " + kind, Unit: "%",
			Ours:     f.Contestant("multiproc", "idle", kind),
			Readings: []harness.Reading{{Of: harness.Median.Of, Limit: 0.1}},
		}
	}
	return []harness.Race{
		waiting("all for one lock", "crowd"),
		waiting("each for a lock of its own", "spread"),
		{
			Work: fmt.Sprintf("open one of %d by name", many), Unit: "µs",
			Ours:     f.Contestant("multiproc, Mutex", "open", many, 2000),
			Peers:    []harness.Peer{{Contestant: f.shelf.C("C sem_open", "named_semaphores", strconv.Itoa(many), "2000")}},
			Readings: []harness.Reading{harness.Median, p99},
		},
		size("mutex"), size("event"), size("int64"),
		idles("mutex"), idles("event"),
	}
}
