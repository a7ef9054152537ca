//go:build linux

package ipc_test

import (
	"os"
	"testing"
)

// threads is how many this process has.
func threads(t testing.TB) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	must(t, err)
	return len(tasks)
}
