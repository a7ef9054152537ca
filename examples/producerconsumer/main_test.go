package main

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

func TestProducerConsumer_everyJobIsDoneThoughSomeAreKilled(t *testing.T) {
	lines := example.Lines(t)
	if len(lines) != 8 {
		t.Fatalf("got %d lines, want 8", len(lines))
	}
	killed := `%s: %s in process \d+ ended without a result: signal: killed`
	for i, want := range []string{
		`pete: 20 jobs put`,
		`pia: 20 jobs put`,
		fmt.Sprintf(killed, "paul", "produce"),
	} {
		if !regexp.MustCompile("^" + want + "$").MatchString(lines[i]) {
			t.Errorf("line %d is %q, want %q", i+1, lines[i], want)
		}
	}

	victim, jobs := "", 0
	for i, name := range consumers {
		line := lines[3+i]
		n := 0
		switch _, err := fmt.Sscanf(line, name+": %d jobs done", &n); {
		case err == nil:
			jobs += n
		case regexp.MustCompile("^"+fmt.Sprintf(killed, name, "consume")+"$").MatchString(line) && victim == "":
			victim = name
		default:
			t.Errorf("of %s it says %q, after the death of %q", name, line, victim)
		}
	}
	if victim == "" || jobs == 0 || jobs > 60 {
		t.Errorf("%q was killed, and the others did %d jobs", victim, jobs)
	}
	found := regexp.MustCompile(`^pia's job 7: done by (cleo|carl|cora) at attempt 2$`).FindStringSubmatch(lines[6])
	if found == nil || found[1] == victim {
		t.Errorf("%q was killed, and then: %q", victim, lines[6])
	}
	if lines[7] != "60 jobs of 60 are done" {
		t.Errorf("it ends with %q", lines[7])
	}
}
