package main

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

func TestIPC_printsWhatEachWayCosts(t *testing.T) {
	lines := example.Lines(t)
	row := regexp.MustCompile(`^ *(file|pipe|ipc\.Conn|shared memory) +(\S+) +(\S+) +(\S+) +(\S+)$`)
	var ways []string
	for _, line := range lines[1 : len(lines)-1] {
		found := row.FindStringSubmatch(line)
		if found == nil {
			t.Errorf("%q is no row", line)
			continue
		}
		ways = append(ways, found[1])
		for _, cell := range found[2:] {
			if d, err := time.ParseDuration(cell); err != nil || d <= 0 {
				t.Errorf("%q in the row %q", cell, line)
			}
		}
	}
	if want := []string{"file", "pipe", "ipc.Conn", "shared memory"}; !slices.Equal(ways, want) {
		t.Errorf("rows for %q, want %q", ways, want)
	}
	end := lines[len(lines)-1]
	if !regexp.MustCompile(`^[1-9]\d+ blocks came back as they had to$`).MatchString(end) {
		t.Errorf("it ends with %q", end)
	}
}
