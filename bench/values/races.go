// Package values measures the loading and the storing of shared values by their
// size.
package values

import (
	"context"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
	"github.com/multiproc-go/multiproc/bench/peers"
)

// Contestants are the ones written in Go, by name.
var Contestants = map[string]func(ctx context.Context, args []string) error{
	"player":  player,
	"clones":  clones,
	"alone":   stage.Alone,
	"contend": stage.Contend,
}

// A subject is a value of some type and size.
type subject struct {
	text string // in the table
	what string // for our player and Python's
	size int
}

var subjects = []subject{
	{"int64", "int64", 8},
	{"8 B", "8", 8},
	{"256 B", "256", 256},
	{"4 KiB", "4096", 4 << 10},
	{"64 KiB", "65536", 64 << 10},
	{"1 MiB", strconv.Itoa(largest), largest},
}

// largest is as good as 1 MiB, and the largest that is a block among others: what takes
// more than half a chunk has chunks of its own.
const largest = 1<<20 - 64

// Races are those of this area.
func Races(self harness.Program, shelf *peers.Shelf) []harness.Race {
	f := field{self, shelf}
	var races []harness.Race
	for _, which := range []string{load, store} {
		for _, s := range subjects {
			races = append(races, f.alone(which, s))
		}
	}
	for _, s := range subjects {
		races = append(races, f.together(s))
	}
	return races
}

// A field is those who take part.
type field struct {
	harness.Program
	shelf *peers.Shelf
}

// players are ours and C's, which load, store or mix.
func (f field) players(which string, s subject) (ours, robust harness.Contestant) {
	return f.Contestant("multiproc", "player", which, s.what),
		f.shelf.C("C pthread mutex, robust, with a copy", "values/robust", which, strconv.Itoa(s.size))
}

// alone is about one process that nobody disturbs.
func (f field) alone(which string, s subject) harness.Race {
	passes := min(max(4<<20/s.size, 8), 2000) // some milliseconds at the most
	ours, robust := f.players(which, s)
	r := harness.Race{
		Work: "Value, " + which + " " + s.text, Unit: "ns",
		Ours:  f.Conducting(ours, "alone", passes),
		Peers: []harness.Peer{{Contestant: f.Conducting(robust, "alone", passes)}},
	}
	if s.what != "int64" {
		clones := f.Contestant(inOneProcess(which), "clones", which, s.what)
		r.Peers = append(r.Peers, harness.Peer{Contestant: f.Conducting(clones, "alone", passes)})
	}
	r.Peers = append(r.Peers, harness.Peer{
		Contestant: f.shelf.Python(python(s), "values.py", "uncontended", which, s.what, "50", strconv.Itoa(passes)),
	})
	return r
}

// together is about two processes that load while a third one stores without a
// pause.
func (f field) together(s subject) harness.Race {
	const processes, ms = 3, 100
	ours, robust := f.players(mix, s)
	contend := func(p harness.Contestant) harness.Contestant {
		return f.Conducting(p, "contend", processes, ms, stage.Free)
	}
	return harness.Race{
		Work: "Value of " + s.text + ", 2 processes load and 1 stores", Unit: "k/s", More: true,
		Ours: contend(ours),
		Peers: []harness.Peer{
			{Contestant: contend(robust)},
			{Contestant: f.shelf.Python(python(s), "values.py", "mix", s.what, strconv.Itoa(processes), strconv.Itoa(ms), stage.Free)},
		},
		Readings: []harness.Reading{{Name: "loads", Of: thousands(stage.OfOthers)}, {Name: "stores", Of: thousands(stage.OfFirst)}},
	}
}

func python(s subject) string {
	if s.what == "int64" {
		return "Python Value"
	}
	return "Python Array"
}

// thousands is a figure that is read in millions.
func thousands(millions func(rounds [][]float64) float64) func(rounds [][]float64) float64 {
	return func(rounds [][]float64) float64 { return 1000 * millions(rounds) }
}

func inOneProcess(which string) string {
	if which == load {
		return "Go sync.Mutex and bytes.Clone, in one process"
	}
	return "Go sync.Mutex and copy, in one process"
}
