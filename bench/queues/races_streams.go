package queues

import (
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

// Peers that ratios are for.
const (
	boost    = "Boost message_queue"
	inGo     = "Go channel, in one process"
	pipeInGo = "Go os.Pipe"
	shmipcGo = "shmipc-go, with a window"
	python   = "Python Queue"
)

// largestOfMq is the largest message that a POSIX queue takes unless root says
// otherwise.
const largestOfMq = 8 << 10

// A load is what a stream carries, and between how many.
type load struct {
	size, room           int
	producers, consumers int
	placing              string
}

// roomFor is how many messages may be under way: in all contestants the same, but
// for those who leave no choice.
func roomFor(size int) int { return max(16, min(1024, 4<<20/size)) }

// count is how many messages there are: enough for a tenth of a second of the
// fastest. Those that are slower by an order of magnitude have so much less to do.
func (l load) count(slowness int) int {
	n := min(1_000_000, 512<<20/l.size)
	n = max(n/slowness, min(n, 200))
	return n / 4 * 4 // so that four have the same to do
}

const (
	inMemory     = 1
	throughFiles = 8
	inPython     = 40
)

// carried is a stream of a player.
func (f field) carried(p harness.Contestant, l load, slowness int) harness.Contestant {
	return f.Conducting(p, "stream", l.producers, l.consumers, l.count(slowness), l.placing)
}

// goes is a stream of a player of Go's.
func (f field) goes(name, kind string, l load, slowness int) harness.Contestant {
	return f.carried(f.Contestant(name, "player", kind, l.size, l.room), l, slowness)
}

func (l load) strings() []string { return []string{strconv.Itoa(l.size), strconv.Itoa(l.room)} }

func (f field) boost(l load) harness.Contestant {
	return f.carried(f.shelf.Boost(boost, "queues/boost", l.strings()...), l, inMemory)
}

func (f field) mq(l load) harness.Contestant {
	return f.carried(f.shelf.C("C POSIX mq, of 10 messages", "queues/mq", l.strings()...), l, throughFiles)
}

func (f field) python(kind string, l load) harness.Contestant {
	args := append([]string{"stream", kind}, l.strings()...)
	return f.shelf.Python("Python "+kind, "queues.py", append(args,
		strconv.Itoa(l.producers), strconv.Itoa(l.consumers), strconv.Itoa(l.count(inPython)), l.placing)...)
}

// stream is about one producer and one consumer.
func (f field) stream(size int, placing string) harness.Race {
	l := load{size, roomFor(size), 1, 1, placing}
	list := versus(
		f.boost(l),
		f.Contestant(inGo, "channel", l.count(inMemory), l.size, l.room),
		f.goes(shmipcGo, "shmipc-window", l, inMemory),
		f.carried(f.shelf.ZeroMQ("ZeroMQ, ipc", "zeromq/stream", l.strings()...), l, inMemory),
		f.goes(pipeInGo, "pipe", l, throughFiles),
		f.goes("Go Unix socket", "socket", l, throughFiles),
	)
	if size <= largestOfMq {
		list = append(list, versus(f.mq(l))...)
	}
	list = append(list, versus(f.python("Queue", l), f.python("SimpleQueue", l), f.python("Pipe", l))...)
	switch size {
	case 64:
		reach(list, inGo, 1)
		reach(list, python, 80)
	case 1 << 10:
		reach(list, boost, 1)
	case 64 << 10:
		reach(list, boost, 1)
		reach(list, shmipcGo, 1)
	}
	return harness.Race{
		Work: "Queue, 1 producer, 1 consumer, " + sizeText(size) + how(placing), Unit: "k/s", More: true,
		Ours: f.goes("multiproc", "queue", l, inMemory), Peers: list,
	}
}

// many is about four producers and four consumers.
func (f field) many(placing string) harness.Race {
	const size = 64
	l := load{size, roomFor(size), 4, 4, placing}
	list := versus(f.boost(l), f.mq(l), f.python("Queue", l))
	reach(list, boost, 1)
	return harness.Race{
		Work: "Queue, 4 producers, 4 consumers, " + sizeText(size) + how(placing), Unit: "k/s", More: true,
		Ours: f.goes("multiproc", "queue", l, inMemory), Peers: list,
	}
}

// sizeText is a size as people say it.
func sizeText(size int) string {
	switch {
	case size >= 1<<20:
		return fmt.Sprintf("%d MiB", size>>20)
	case size >= 1<<10:
		return fmt.Sprintf("%d KiB", size>>10)
	}
	return fmt.Sprintf("%d B", size)
}
