package stage

import (
	"fmt"
	"math"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
)

// A Score is what one of several players got done.
type Score struct {
	Passes  int
	Longest time.Duration // of Batch passes
}

// PrintScores prints what the readings below are of.
func PrintScores(scores []Score, took time.Duration) {
	sum, least, longest := 0, math.MaxInt, time.Duration(0)
	for _, s := range scores {
		sum += s.Passes
		least = min(least, s.Passes)
		longest = max(longest, s.Longest)
	}
	million := took.Seconds() * 1e6
	fmt.Println(float64(sum)/million, 100*float64(least)/float64(sum), float64(longest)/1e6,
		float64(scores[0].Passes)/million, float64(sum-scores[0].Passes)/million)
}

// What a contestant printed by PrintScores, of all its rounds.
var (
	Total       = harness.Place(0, harness.Median.Of) // million passes per second of all players
	Share       = harness.Place(1, harness.Median.Of) // percentage of all passes that the slowest made
	LongestWait = harness.Place(2, harness.Worst.Of)  // ms
	OfFirst     = harness.Place(3, harness.Median.Of) // million passes per second of the first player
	OfOthers    = harness.Place(4, harness.Median.Of) // of all but the first
)
