package proc

import (
	"os"
	"slices"
	"strings"

	"github.com/multiproc-go/multiproc/internal/proc/early"
)

// perChild is what every child gets in its environment, before what its Command
// says.
var perChild []string

// environment returns this process's environment with what is added to it: the
// last value of each key alone, in the order of those, and without a mark.
func environment(added []string) []string {
	added = append(slices.Clip(perChild), added...)
	env := append(os.Environ(), added...)
	if len(added) == 0 && os.Getenv(early.Variable) == "" {
		return env // each key stands there once
	}
	seen := map[string]bool{early.Variable: true}
	kept := make([]string, 0, len(env)+1)
	for _, kv := range slices.Backward(env) {
		key, _, _ := strings.Cut(kv, "=")
		if !seen[key] {
			seen[key] = true
			kept = append(kept, kv)
		}
	}
	slices.Reverse(kept)
	return kept
}
