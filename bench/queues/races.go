// Package queues measures queues and connections: streams of messages, and messages
// that go to and fro.
package queues

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
	"channel": channel,
	"stream":  stage.Stream,
	"duet":    stage.Duet,
	"idle":    idle,
	"idler":   idler,
	"crowd":   crowd,
	"waiters": waiters,
}

// Races are those of this area.
func Races(self harness.Program, shelf *peers.Shelf) []harness.Race {
	f := field{self, shelf}
	var races []harness.Race
	for _, size := range []int{64, 1 << 10, 64 << 10} {
		for _, placing := range placings {
			races = append(races, f.stream(size, placing))
		}
	}
	for _, placing := range placings {
		races = append(races, f.many(placing))
	}
	races = slices.Concat(races, f.pingpongs(), f.costs())
	for _, size := range []int{64, 64 << 10} {
		for _, placing := range placings {
			races = append(races, f.connStream(size, placing))
		}
	}
	return races
}

var placings = []string{stage.Free, stage.Pinned}

// how is a placing as the table tells it.
func how(placing string) string {
	if placing == stage.Pinned {
		return ", pinned"
	}
	return ""
}

// A field is those who take part.
type field struct {
	harness.Program
	shelf *peers.Shelf
}

func versus(all ...harness.Contestant) []harness.Peer {
	var list []harness.Peer
	for _, c := range all {
		list = append(list, harness.Peer{Contestant: c})
	}
	return list
}

// reach sets a ratio to reach against the peer of that name.
func reach(list []harness.Peer, name string, ratio float64) {
	for i := range list {
		if list[i].Name == name {
			list[i].Reach = ratio
		}
	}
}
