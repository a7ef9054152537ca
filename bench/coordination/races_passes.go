package coordination

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// Milliseconds of a round: long for ours and its first peer, short for the others.
const long, short = 200, 100

// reads has no writer. Goroutines of one process cannot be pinned apart.
func (f field) reads(processes int, placing string) harness.Race {
	work := fmt.Sprintf("RWMutex, reads by %d processes", processes)
	if processes == 1 {
		work = "RWMutex, reads by 1 process"
	}
	r := f.contended(work, f.goes("reads"), processes, placing,
		f.shelf.C("C pthread_rwlock", "coordination/rwlock_reads"),
		f.shelf.C("C pthread mutex, robust", "locks/robust"))
	if placing == stage.Free {
		r.Peers = append(r.Peers, versus(f.inOneProcess("reads", processes))...)
	}
	r.Peers = append(r.Peers, versus(f.python("Python RLock, having no rwlock", "RLock", processes, placing))...)
	return r
}

// mix has one pass of a hundred be a writer's.
func (f field) mix(processes int, placing string) harness.Race {
	r := f.contended(fmt.Sprintf("RWMutex, 1 %% writes by %d processes", processes), f.goes("mix"), processes, placing,
		f.shelf.C("C pthread_rwlock", "coordination/rwlock_mix"),
		f.shelf.C("C pthread_rwlock, writers first", "coordination/rwlock_mix_writers_first"),
		f.shelf.C("C pthread mutex, robust", "locks/robust"))
	if placing == stage.Free {
		r.Peers = append(r.Peers, versus(f.inOneProcess("mix", processes))...)
	}
	r.Peers = append(r.Peers, versus(f.python("Python RLock, having no rwlock", "RLock", processes, placing))...)
	r.Readings = []harness.Reading{
		{Name: "total", Of: stage.Total},
		{Name: "longest wait", Unit: "ms", Of: stage.LongestWait},
	}
	return r
}

func (f field) inOneProcess(work string, goroutines int) harness.Contestant {
	return f.Contestant("Go sync.RWMutex, in one process", "goroutines", goroutines, short, work)
}

func (f field) semaphoreAlone() harness.Race {
	const passes = 20_000
	return harness.Race{
		Work: "Semaphore, acquire and release, uncontended", Unit: "ns",
		Ours: f.Conducting(f.goes("semaphore"), "alone", passes),
		Peers: versus(
			f.Conducting(f.shelf.C("C POSIX semaphore", "locks/semaphore"), "alone", passes),
			f.shelf.Python("Python Semaphore", "locks.py", "uncontended", "Semaphore", "200", "2000"),
		),
	}
}

// semaphore is about two processes that wait for one another's permit or, where
// there are two, for nothing but the memory.
func (f field) semaphore(permits int, placing string) harness.Race {
	work, ours, peer := "1 permit", "semaphore", "locks/semaphore"
	if permits == 2 {
		work, ours, peer = "2 permits", "semaphore-of-two", "coordination/semaphore_of_two"
	}
	r := f.contended("Semaphore, 2 processes, "+work, f.goes(ours), 2, placing, f.shelf.C("C POSIX semaphore", peer))
	r.Peers = append(r.Peers, versus(f.python("Python Semaphore", "Semaphore", 2, placing, strconv.Itoa(permits)))...)
	return r
}

// contended has so many of each player make passes at the same time; what counts
// is how many they make in all.
func (f field) contended(work string, ours harness.Contestant, processes int, placing string, others ...harness.Contestant) harness.Race {
	contend := func(p harness.Contestant, ms int) harness.Contestant {
		return f.Conducting(p, "contend", processes, ms, placing)
	}
	peers := []harness.Contestant{contend(others[0], long)}
	for _, p := range others[1:] {
		peers = append(peers, contend(p, short))
	}
	return harness.Race{
		Work: work + how(placing), Unit: "M/s", More: true,
		Ours: contend(ours, long), Peers: versus(peers...),
		Readings: []harness.Reading{{Of: stage.Total}},
	}
}

// python is a kind of lock of Python's, made with these arguments.
func (f field) python(name, kind string, processes int, placing string, initial ...string) harness.Contestant {
	args := []string{"contend", kind, strconv.Itoa(processes), strconv.Itoa(short), placing}
	return f.shelf.Python(name, "locks.py", append(args, initial...)...)
}
