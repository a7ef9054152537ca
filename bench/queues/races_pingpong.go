package queues

import (
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// A game is a message of 64 bytes that goes to and fro between two processes, so
// often, with so many µs of rest before each time.
type game struct {
	text        string
	times, rest int
	placing     string
}

const ball = 64 // bytes

func (f field) pingpongs() []harness.Race {
	var races []harness.Race
	for _, g := range []game{{"back to back", 20_000, 0, stage.Free}, {"after rests of 1 ms", 200, 1000, stage.Free}} {
		for _, g.placing = range placings {
			races = append(races, f.pingpong("Queues", "queue", g), f.pingpong("Conn", "conn", g))
		}
	}
	return races
}

// played is the game of a player.
func (f field) played(p harness.Contestant, g game, times int) harness.Contestant {
	return f.Conducting(p, "duet", times, g.rest, g.placing)
}

func (f field) pingpong(what, kind string, g game) harness.Race {
	slower := g.times
	if g.rest == 0 {
		slower = g.times / 10
	}
	goes := func(name, kind string, times int) harness.Contestant {
		return f.played(f.Contestant(name, "player", kind, ball, 16), g, times)
	}
	py := func(kind string) harness.Contestant {
		return f.shelf.Python("Python "+kind, "queues.py", "pingpong", kind, strconv.Itoa(ball), strconv.Itoa(slower), strconv.Itoa(g.rest), g.placing)
	}
	r := harness.Race{
		Work: what + ", 64 B to and fro, " + g.text + how(g.placing), Unit: "µs",
		Ours:     goes("multiproc", kind, g.times),
		Peers:    versus(goes(pipeInGo, "pipe", slower)),
		Readings: []harness.Reading{harness.Quantile(0.5), p99},
	}
	reach(r.Peers, pipeInGo, 1)
	if g.rest == 0 {
		r.Readings[0].Limit = 1.5
	}
	r.Peers = append(r.Peers, versus(goes("Go Unix socket", "socket", slower))...)
	if kind == "queue" {
		r.Peers = append(r.Peers, versus(
			f.played(f.shelf.C("C spin, then futex", "queues/spin_futex", "2"), g, g.times),
			goes("shmipc-go", "shmipc", slower), py("Queue"))...)
	}
	r.Peers = append(r.Peers, versus(py("Pipe"))...)
	return r
}

var p99 = harness.Quantile(0.99)
