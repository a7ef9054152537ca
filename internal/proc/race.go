//go:build race

package proc

import "os"

// A program under the race detector sleeps for a second when it exits, which is
// too much for each child.
func init() {
	if os.Getenv("GORACE") == "" {
		perChild = append(perChild, "GORACE=atexit_sleep_ms=0")
	}
}
