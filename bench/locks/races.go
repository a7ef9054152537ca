// Package locks measures the shared space, its locks and its events.
package locks

import (
	"context"
	"slices"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
	"github.com/multiproc-go/multiproc/bench/peers"
)

// Contestants are the ones written in Go, by name.
var Contestants = map[string]func(ctx context.Context, args []string) error{
	"player":  player,
	"alone":   stage.Alone,
	"contend": stage.Contend,
	"kill":    kill,
	"wake":    wake,
	"wakee":   wakee,
	"crowd":   crowd,
	"spread":  spread,
	"bytes":   bytes,
	"open":    open,
	"idle":    idle,
}

// Races are those of this area.
func Races(self harness.Program, shelf *peers.Shelf) []harness.Race {
	f := field{self, shelf}
	races := []harness.Race{f.uncontended()}
	for _, processes := range []int{2, 4} {
		for _, placing := range []string{stage.Free, stage.Pinned} {
			races = append(races, f.contended(processes, placing))
		}
	}
	races = slices.Concat(races, f.killed("", 20, 0, true), f.killed(" of 1 GiB", 2, 1024, false))
	races = append(races, f.woken("back to back", 2000, 0), f.woken("after pauses of 3 ms", 100, 3000))
	return append(races, f.crowds()...)
}

// A field is those who take part.
type field struct {
	harness.Program
	shelf *peers.Shelf
}

// Places in players: ours first, then the peer that ratios are for.
const (
	ours = iota
	robust
	pthread
	semaphore
	futex
	boost
	flocked
	gofrs
)

// players are programs that do a player's works with the file that they are given.
func (f field) players() []harness.Contestant {
	return []harness.Contestant{
		ours:      f.Contestant("multiproc", "player", "multiproc"),
		robust:    f.shelf.C("C pthread, robust", "locks/robust"),
		pthread:   f.shelf.C("C pthread", "locks/pthread"),
		semaphore: f.shelf.C("C POSIX semaphore", "locks/semaphore"),
		futex:     f.shelf.C("C bare futex", "locks/futex"),
		boost:     f.shelf.Boost("Boost interprocess_mutex", "locks/boost"),
		flocked:   f.Contestant("Go flock", "player", "flock"),
		gofrs:     f.Contestant("gofrs/flock", "player", "gofrs"),
	}
}

// race is ours against the others, with a ratio to reach against the first.
func race(reach float64, all []harness.Contestant) (us harness.Contestant, others []harness.Peer) {
	for _, c := range all[robust:] {
		others = append(others, harness.Peer{Contestant: c, Reach: reach})
		reach = 0
	}
	return all[ours], others
}
