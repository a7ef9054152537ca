// Package harness has this library and its peers do the same work in turns, and
// makes a table of what it took them.
//
// Absolute figures move by half from hour to hour on a shared machine; what
// counts is the ratio of two contestants that ran in turns within one run.
package harness

import (
	"fmt"
	"slices"
)

// A Race is one piece of work that this library and its peers do.
type Race struct {
	Work     string // "start, first word back"
	Unit     string // of the figures: "ms"
	More     bool   // more is better; default: less is
	OneCore  bool   // all processes share one core; default: the scheduler places them
	Ours     Contestant
	Peers    []Peer
	Readings []Reading // each makes rows of its own; default: the median alone
}

// A Contestant is a program that does a race's work some number of times and
// prints a line for each with what it took, in the race's unit: a number, or
// Never.
type Contestant struct {
	Name    string // "os/exec of the same program"
	Command []string
	Missing string // why it cannot run here; empty: it can
}

// Never is the figure of work that does not come to its end.
const Never = "never"

// A Peer is a contestant that ours is compared with.
type Peer struct {
	Contestant
	Reach float64 // the ratio of our figure to the peer's that we want; 0: none was set
}

// A Reading makes one figure of all that a contestant printed.
type Reading struct {
	Name  string // stands behind the work; may be empty
	Of    func(rounds [][]float64) float64
	Unit  string  // of a figure that is no figure of the race's kind, and has no ratio to reach
	More  bool    // of such a figure more is better
	Limit float64 // what our figure itself has to keep to; 0: none was set
}

// Median is the median of the rounds' medians.
var Median = Reading{Of: func(rounds [][]float64) float64 {
	medians := make([]float64, len(rounds))
	for i, figures := range rounds {
		medians[i] = median(figures)
	}
	return median(medians)
}}

// Worst is the largest figure of all rounds.
var Worst = Reading{Name: "worst", Of: func(rounds [][]float64) float64 {
	worst := rounds[0][0]
	for _, figures := range rounds {
		for _, f := range figures {
			worst = max(worst, f)
		}
	}
	return worst
}}

// Quantile is the figure that so much of all figures of all rounds are not above.
func Quantile(q float64) Reading {
	return Reading{Name: fmt.Sprintf("p%g", 100*q), Of: func(rounds [][]float64) float64 {
		all := slices.Sorted(slices.Values(slices.Concat(rounds...)))
		return all[min(int(q*float64(len(all))), len(all)-1)]
	}}
}

// Place reads only the figure at place i of each round, where a contestant prints
// several that mean different things.
func Place(i int, of func(rounds [][]float64) float64) func(rounds [][]float64) float64 {
	return func(rounds [][]float64) float64 {
		var there [][]float64
		for _, figures := range rounds {
			there = append(there, figures[i:i+1])
		}
		return of(there)
	}
}
