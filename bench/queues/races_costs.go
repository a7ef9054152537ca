package queues

import (
	"fmt"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// costs are about what types, batches, capacities and waiters cost.
func (f field) costs() []harness.Race {
	l := load{64, roomFor(64), 1, 1, stage.Free}
	bytes := f.goes("multiproc, Queue of 64 bytes", "queue", l, inMemory)
	beside := func(work, kind string) harness.Race {
		return harness.Race{
			Work: "Queue, 1 producer, 1 consumer, " + work, Unit: "k/s", More: true,
			Ours: f.goes("multiproc", kind, l, inMemory), Peers: versus(bytes),
		}
	}
	races := []harness.Race{
		beside("a struct of 64 B", "struct"),
		beside("a struct with strings, as CBOR", "cbor"),
		beside(fmt.Sprintf("64 B, %d in a batch", batchOf), "batch"),
	}
	for _, room := range []int{10, 1000, 100_000} {
		races = append(races, f.roomy(room))
	}
	for _, c := range []struct{ processes, goroutines int }{{1, 1}, {1, 10}, {1, 1000}, {1, 100_000}, {10, 1}, {100, 1}} {
		races = append(races, f.crowd(c.processes, c.goroutines))
	}
	return append(races, harness.Race{
		Work: "processor used by two processes that wait for a message", Unit: "%",
		Ours:     f.Conducting(f.Contestant("multiproc", "idler"), "idle", "wait"),
		Readings: []harness.Reading{{Of: harness.Median.Of, Limit: 0.1}},
	})
}

func (f field) roomy(room int) harness.Race {
	l := load{64, room, 1, 1, stage.Free}
	return harness.Race{
		Work: fmt.Sprintf("Queue of capacity %d, 1 producer, 1 consumer, 64 B", room), Unit: "k/s", More: true,
		Ours:  f.goes("multiproc", "queue", l, inMemory),
		Peers: versus(f.boost(l), f.Contestant(inGo, "channel", l.count(inMemory), l.size, l.room)),
	}
}

func (f field) crowd(processes, goroutines int) harness.Race {
	const times = 1000
	work := fmt.Sprintf("Queues, 64 B to and fro, %d goroutines of %d processes wait", processes*goroutines, processes)
	return harness.Race{
		Work: work, Unit: "µs",
		Ours:     f.Conducting(f.Contestant("multiproc", "waiters"), "crowd", processes, goroutines, times, "wait"),
		Readings: []harness.Reading{harness.Quantile(0.5), p99},
	}
}

// connStream is a stream through a Conn, which bounds bytes and not messages.
func (f field) connStream(size int, placing string) harness.Race {
	l := load{size, roomFor(size), 1, 1, placing}
	return harness.Race{
		Work: "Conn, " + sizeText(size) + how(placing), Unit: "k/s", More: true,
		Ours: f.goes("multiproc", "conn", l, inMemory),
		Peers: versus(
			f.goes(pipeInGo, "pipe", l, throughFiles),
			f.goes("Go Unix socket", "socket", l, throughFiles),
			f.python("Pipe", l),
		),
	}
}
