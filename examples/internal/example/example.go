// Package example runs an example as its reader would.
package example

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Output builds the program in the test's folder, runs it, and returns what it prints.
func Output(t *testing.T, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // then it hangs
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	t.Logf("output:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Lines is Output, line by line.
func Lines(t *testing.T, args ...string) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(Output(t, args...), "\n"), "\n")
}
