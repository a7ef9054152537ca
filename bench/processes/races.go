// Package processes measures the starting, the feeding and the ending of
// processes.
package processes

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/peers"
)

// mib is the size of a large input or result.
const mib = 64

// Contestants are the ones written in Go, by name.
var Contestants = map[string]func(ctx context.Context, args []string) error{
	"first-word":        firstWord,
	"first-word-exec":   firstWordExec,
	"first-word-daemon": firstWordDaemon,
	"result":            result,
	"result-exec":       resultExec,
	"many":              many,
	"many-exec":         manyExec,
	"carry-in":          carryIn,
	"carry-in-exec":     carryInExec,
	"carry-out":         carryOut,
	"carry-out-exec":    carryOutExec,
	"memory":            memory,
	"memory-exec":       memoryExec,
	"tree":              tree,
	"tree-exec":         treeExec,
	"tree-end":          treeEnd,
}

// Races are those of this area.
func Races(self harness.Program, shelf *peers.Shelf) []harness.Race {
	ours := func(work string, args ...any) harness.Contestant { return self.Contestant("multiproc", work, args...) }
	exec := func(work string, args ...any) harness.Contestant {
		return self.Contestant("os/exec of the same program", work+"-exec", args...)
	}
	python := func(method string, args ...string) harness.Contestant {
		return shelf.Python("Python "+method, "processes.py", args...)
	}

	firstWord := harness.Race{
		Work: "start, first word back", Unit: "ms",
		Ours: ours("first-word", 30),
		Peers: []harness.Peer{
			{Contestant: exec("first-word", 30), Reach: 1.2},
			{Contestant: shelf.C("C posix_spawn of a static program", "posix_spawn", "50")},
			{Contestant: python("spawn", "first_word", "spawn", "5")},
			{Contestant: python("forkserver", "first_word", "forkserver", "5")},
			{Contestant: python("fork", "first_word", "fork", "20")},
		},
	}
	onOneCore := firstWord
	onOneCore.OneCore = true
	onOneCore.Peers = firstWord.Peers[:2]
	races := []harness.Race{firstWord, onOneCore, {
		Work: "start of a daemon, first word back", Unit: "ms",
		Ours:  ours("first-word-daemon", 30),
		Peers: []harness.Peer{{Contestant: exec("first-word", 30)}},
	}, {
		Work: "start, result, end", Unit: "ms",
		Ours:  ours("result", 30),
		Peers: []harness.Peer{{Contestant: exec("result", 30)}},
	}, {
		Work: "1,000 starts to their ends, 50 at a time", Unit: "s",
		Ours:  ours("many", 1000, 50),
		Peers: []harness.Peer{{Contestant: exec("many", 1000, 50)}},
	}, {
		Work: fmt.Sprintf("%d MiB in, with the start", mib), Unit: "MiB/s", More: true,
		Ours: ours("carry-in", mib, 5),
		Peers: []harness.Peer{
			{Contestant: exec("carry-in", mib, 5)},
			{Contestant: python("fork and pipe", "carry_in", fmt.Sprint(mib), "5")},
		},
	}, {
		Work: fmt.Sprintf("%d MiB out, with the start", mib), Unit: "MiB/s", More: true,
		Ours: ours("carry-out", mib, 5),
		Peers: []harness.Peer{
			{Contestant: exec("carry-out", mib, 5)},
			{Contestant: python("fork and pipe", "carry_out", fmt.Sprint(mib), "5")},
		},
	}, {
		Work: "memory of an idle child, its share (PSS) among 10", Unit: "KiB",
		Ours: ours("memory", 10),
		Peers: []harness.Peer{
			{Contestant: exec("memory", 10)},
			{Contestant: python("fork", "memory", "fork", "10")},
			{Contestant: python("spawn", "memory", "spawn", "10")},
		},
	}}
	for _, children := range []int{1, 10, 100} {
		races = append(races, treeRace(self, shelf, children))
	}
	return races
}

// treeRace is about the end of a parent and its daemons after its SIGKILL.
// Python has one turn a round, since each is as long as patience.
func treeRace(self harness.Program, shelf *peers.Shelf, children int) harness.Race {
	end := func(times int, tree harness.Contestant) harness.Contestant {
		return self.Conducting(tree, "tree-end", times)
	}
	work := fmt.Sprintf("SIGKILL of the parent of %d daemons, until the last process is gone", children)
	if children == 1 {
		work = "SIGKILL of the parent of a daemon, until both are gone"
	}
	return harness.Race{
		Work: work, Unit: "ms",
		Ours: end(5, self.Contestant("multiproc", "tree", children)),
		Peers: []harness.Peer{
			{Contestant: end(5, self.Contestant("os/exec with Pdeathsig", "tree-exec", children))},
			{Contestant: end(1, shelf.Python("Python daemons", "processes.py", "tree", fmt.Sprint(children))), Reach: 1},
		},
		Readings: []harness.Reading{harness.Median, harness.Worst},
	}
}
