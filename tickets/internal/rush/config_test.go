package rush

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestParse_defaults(t *testing.T) {
	c, err := Parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tickets != 10 || c.Buyers != 11 || c.Data != "" || c.Unsafe || c.Kill != 0 || c.ticketsGiven {
		t.Errorf("without flags: %+v", c)
	}
	again, err := Parse(nil, nil)
	if err != nil || again.Seed == c.Seed {
		t.Errorf("the seed was %d twice, %v", again.Seed, err)
	}
}

func TestParse_takesAllFlags(t *testing.T) {
	got, err := Parse(strings.Fields("-tickets 3 -buyers 4 -data shop -unsafe -kill 4 -seed 9"), nil)
	want := Config{Tickets: 3, Buyers: 4, Data: "shop", Unsafe: true, Kill: 4, Seed: 9, ticketsGiven: true}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestParse_refusesWhatCannotBe(t *testing.T) {
	for args, complaint := range map[string]string{
		"-tickets 0":          "-tickets 0: there must be at least 1",
		"-tickets -2":         "-tickets -2: there must be at least 1",
		"-tickets ten":        `"ten" for flag -tickets`,
		"-buyers 0":           "-buyers 0: there must be at least 1",
		"-buyers -1":          "-buyers -1: there must be at least 1",
		"-buyers 10001":       "10000 are the most",
		"-kill -1":            "-kill -1: cannot be negative",
		"-kill 12":            "-kill 12: there are only 11 buyers",
		"-buyers 2 -kill 3":   "-kill 3: there are only 2 buyers",
		"-seed -1":            `"-1" for flag -seed`,
		"-safe":               "not defined: -safe",
		"-tickets":            "needs an argument: -tickets",
		"-unsafe yes, please": `unexpected argument "yes, please"`,
	} {
		_, err := Parse(strings.Fields(args), nil)
		if err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: error %v, want %q", args, err, complaint)
		}
	}
}

func TestParse_helpNamesEveryFlag(t *testing.T) {
	var help strings.Builder
	if _, err := Parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error %v, want flag.ErrHelp", err)
	}
	for _, name := range []string{"-tickets N", "-buyers N", "-data DIR", "-unsafe", "-kill N", "-seed SEED"} {
		if !strings.Contains(help.String(), "  "+name+"\n") {
			t.Errorf("the help does not name %s:\n%s", name, &help)
		}
	}
}
