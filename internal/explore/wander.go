//go:build explore

package explore

import (
	"fmt"
	"math/rand/v2"
)

// Wander runs c as chance has it, to see some of what lies beyond what Explore can
// go through in order.
func Wander(c Case, bounds Bounds, runs int, seed uint64) Result {
	lots := rand.New(rand.NewPCG(seed, 0))
	var result Result
	seen := make(map[uint64]struct{})
	for result.Runs < runs && result.Err == nil {
		result.Runs++
		var choices []int
		rarely := 1 + lots.IntN(30)
		result.Err = runOnce(c, bounds, func(state uint64, options int) (int, bool) {
			seen[state] = struct{}{}
			option := 0
			if lots.IntN(rarely) == 0 {
				option = lots.IntN(options)
			}
			choices = append(choices, option)
			return option, true
		})
		if result.Err != nil {
			result.Err = fmt.Errorf("%s: %w (seed %d, choices %v)", c.Name, result.Err, seed, choices)
		}
	}
	result.States = len(seen)
	return result
}
