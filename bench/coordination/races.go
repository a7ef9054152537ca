// Package coordination measures the objects besides Mutex and Event by which
// processes wait for one another: RWMutex, Semaphore, Cond and Barrier.
package coordination

import (
	"context"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
	"github.com/multiproc-go/multiproc/bench/peers"
)

// Contestants are the ones written in Go, by name.
var Contestants = map[string]func(ctx context.Context, args []string) error{
	"player":     player,
	"party":      party,
	"goroutines": goroutines,
	"alone":      stage.Alone,
	"contend":    stage.Contend,
	"ensemble":   stage.Ensemble,
}

// Races are those of this area.
func Races(self harness.Program, shelf *peers.Shelf) []harness.Race {
	f := field{self, shelf}
	var races []harness.Race
	for _, processes := range []int{1, 2, 4} {
		for _, placing := range placings {
			races = append(races, f.reads(processes, placing))
		}
	}
	for _, processes := range []int{2, 4} {
		for _, placing := range placings {
			races = append(races, f.mix(processes, placing))
		}
	}
	races = append(races, f.semaphoreAlone())
	for _, permits := range []int{1, 2} {
		for _, placing := range placings {
			races = append(races, f.semaphore(permits, placing))
		}
	}
	for _, placing := range placings {
		races = append(races, f.pingpong(placing))
	}
	for _, placing := range placings {
		races = append(races, f.broadcast(placing))
	}
	for _, parties := range []int{2, 4} {
		for _, placing := range placings {
			races = append(races, f.barrier(parties, placing))
		}
	}
	return races
}

var placings = []string{stage.Free, stage.Pinned}

// A field is those who take part.
type field struct {
	harness.Program
	shelf *peers.Shelf
}

// goes is ours, that makes passes of this kind.
func (f field) goes(kind string) harness.Contestant {
	return f.Contestant("multiproc", "player", kind)
}

// versus are peers that no ratio to reach was set for.
func versus(all ...harness.Contestant) (list []harness.Peer) {
	for _, c := range all {
		list = append(list, harness.Peer{Contestant: c})
	}
	return list
}

// how tells of a placing, behind a race's work.
func how(placing string) string {
	if placing == stage.Pinned {
		return ", pinned"
	}
	return ""
}
