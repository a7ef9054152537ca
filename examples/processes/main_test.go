package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

func TestProcesses(t *testing.T) {
	lines := example.Lines(t)
	pids := map[string]bool{}
	for _, line := range lines {
		pids[regexp.MustCompile(`process \d+`).FindString(line)] = true
	}
	if len(lines) != 7 || len(pids) != 5 {
		t.Fatalf("got %d lines from %d processes, want 7 from 5", len(lines), len(pids))
	}

	if !strings.Contains(lines[0], "3 runners started") {
		t.Errorf("the first line is %q, want the parent's: it goes first", lines[0])
	}
	var came []string
	for _, line := range lines[1:4] { // in any order
		name, _, _ := strings.Cut(strings.TrimSpace(line), ",")
		came = append(came, name)
	}
	slices.Sort(came)
	if !slices.Equal(came, []string{"ada", "ben", "eve"}) {
		t.Errorf("between start and end of the race ran %v, want ada, ben and eve", came)
	}
	if !strings.HasSuffix(lines[4], "all have come in, after 24000 metres together") {
		t.Errorf("got %q, want the sum of the three results", lines[4])
	}

	last := lines[5:] // the two do not wait for each other
	slices.SortFunc(last, func(a, b string) int { return strings.Compare(b, a) })
	if !strings.HasSuffix(last[0], "I do not wait for the sweeper") {
		t.Errorf("got %q, want the parent's last word", last[0])
	}
	if !strings.HasSuffix(last[1], "thanks to the broom") {
		t.Errorf("got %q, want the sweeper's line: Main waits for him", last[1])
	}
}
