package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

const abandoned = ` finds the lock abandoned: the block above stays unfinished`

// With the lock, a block's lines stand together, eve's last block ends in the
// middle, and somebody is told so right after it.
func TestMutex_noTwoBlocksMixAndNoLockStaysHeld(t *testing.T) {
	for end, args := range map[string][]string{
		`eve: write in process \d+ ended without a result: signal: killed`: nil,
		`eve: write in process \d+ returned and never unlocked`:            {"-return"},
	} {
		got := example.Lines(t, args...)
		next := map[string]int{"ada": 1, "ben": 1, "eve": 1}
		var last []string // who wrote a last block
		for len(next) > 0 {
			name, _, _ := strings.Cut(got[0], ",")
			n, length := next[name], 4
			if name == "eve" && n == 4 {
				length = 2
			}
			for line := 1; line <= length; line++ {
				if want := fmt.Sprintf("%s, block %d, line %d of 4", name, n, line); n == 0 || got[0] != want {
					t.Fatalf("got %q, want %q", got[0], want)
				}
				got = got[1:]
			}
			next[name]++
			if n == 4 {
				last = append(last, name)
				delete(next, name)
			}
			if length == 2 {
				if found := regexp.MustCompile(`^(ada|ben)` + abandoned + `$`).FindStringSubmatch(got[0]); found == nil || !strings.HasPrefix(got[1], found[1]+", ") {
					t.Errorf("after eve's end: %q and %q, want the word of the one who writes next", got[0], got[1])
				}
				got = got[1:]
			}
		}
		if last[0] != "eve" {
			t.Errorf("last blocks in the order %v: nobody had anything left to write after eve", last)
		}
		if len(got) != 3 || !regexp.MustCompile(`^`+end+`$`).MatchString(got[1]) ||
			got[2] != "12 blocks, 1 of them unfinished, none mixed with others" {
			t.Errorf("it ends with %q", got)
		}
	}
}

func TestMutex_withoutItBlocksMix(t *testing.T) {
	got := example.Lines(t, "-unsafe")
	written := map[string]bool{}
	for _, line := range got {
		written[line] = true
		if strings.HasSuffix(line, abandoned) {
			t.Errorf("%q, but nobody had the lock", line)
		}
	}
	for _, name := range []string{"ada", "ben", "eve"} {
		for n := range 16 {
			line := fmt.Sprintf("%s, block %d, line %d of 4", name, n/4+1, n%4+1)
			if unfinished := name == "eve" && n >= 14; written[line] == unfinished {
				t.Errorf("%q is written: %v", line, written[line])
			}
		}
	}
	sum := regexp.MustCompile(`^12 blocks, 1 of them unfinished, (\d+) mixed with others$`)
	if found := sum.FindStringSubmatch(got[len(got)-1]); found == nil || found[1] == "0" {
		t.Errorf("the last line is %q, want blocks mixed", got[len(got)-1])
	}
}
