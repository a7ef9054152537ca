// Package locktest runs tests with their locks in a place of their own.
package locktest

import (
	"fmt"
	"os"
	"testing"
)

// Tmpfs is where shared memory can always be.
const Tmpfs = "/dev/shm"

// Run runs the tests, whose locks are gone afterwards. It returns the exit code.
func Run(m *testing.M) int {
	locks, err := os.MkdirTemp(Tmpfs, "tickets-test-")
	if err == nil {
		defer func() { _ = os.RemoveAll(locks) }()
		err = os.Setenv("XDG_RUNTIME_DIR", locks)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
