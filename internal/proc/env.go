package proc

import (
	"slices"
	"strings"

	"github.com/multiproc-go/multiproc/internal/proc/early"
)

// environment returns env with the last value of each key alone, in the order of
// those, and without a mark.
func environment(env []string) []string {
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
