package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTickets_wrongCommandLineIsStatus2(t *testing.T) {
	for _, c := range []struct{ args, complaint string }{
		{"", `what is to be done?`},
		{"sell", `no command "sell"`},
		{"rush -buyers 0", "-buyers 0: there must be at least 1"},
		{"rush -tickets -3", "-tickets -3"},
		{"rush -kill 12", "there are only 11 buyers"},
		{"rush -nonsense", "-nonsense"},
		{"rush now", `unexpected argument "now"`},
	} {
		r := tickets(t, strings.Fields(c.args)...)
		if r.code != 2 || r.out != "" || !strings.Contains(r.errors, c.complaint) {
			t.Errorf("%q: exit status %d, output %q, errors %q", c.args, r.code, r.out, r.errors)
		}
	}
}

func TestTickets_helpIsStatus0(t *testing.T) {
	for args, want := range map[string]string{"help": "rush ", "-h": "rush ", "rush -h": "-buyers N"} {
		r := tickets(t, strings.Fields(args)...)
		if r.code != 0 || r.errors != "" || !strings.Contains(r.out, want) {
			t.Errorf("%q: exit status %d, errors %q, output %q", args, r.code, r.errors, r.out)
		}
	}
}

func TestRush_badStockIsAnErrorAndStaysAsItIs(t *testing.T) {
	for stock, complaint := range map[string]string{
		``:              "it is empty",
		`{"count": `:    "it is damaged",
		`{"tickets":3}`: `it has no "count"`,
		`{"count": -3}`: `"count" is -3`,
	} {
		dir := shop(t, stock)
		r := tickets(t, "rush", "-data", dir, "-tickets", "5")
		if r.code != 1 || !strings.Contains(r.errors, complaint) || !strings.Contains(r.errors, dir) {
			t.Errorf("%q: exit status %d, errors %q, want %q", stock, r.code, r.errors, complaint)
		}
		if got := text(t, dir); got != stock {
			t.Errorf("%q became %q", stock, got)
		}
	}
}

func TestRush_missingStockIsAnErrorThatHelps(t *testing.T) {
	dir := t.TempDir()
	r := tickets(t, "rush", "-data", dir)
	if r.code != 1 || !strings.Contains(r.errors, "ticket.json: no such file") || !strings.Contains(r.errors, "-tickets") {
		t.Errorf("exit status %d, errors %q", r.code, r.errors)
	}
	if got := entries(t, dir); len(got) > 0 {
		t.Errorf("it made %q", got)
	}
}

func TestRush_directoryThatIsNone(t *testing.T) {
	dir := shop(t, `{"count": 3}`)
	for _, data := range []string{filepath.Join(dir, "nowhere"), filepath.Join(dir, "ticket.json")} {
		r := tickets(t, "rush", "-data", data, "-tickets", "3")
		if r.code != 1 || !strings.Contains(r.errors, data) {
			t.Errorf("%s: exit status %d, errors %q", data, r.code, r.errors)
		}
	}
}

func TestRush_stockRemovedMeanwhileIsAnError(t *testing.T) {
	dir := shop(t, `{"count": 30}`)
	wait := startAndHear(t, program(t, "rush", "-data", dir, "-buyers", "30"), "sees 30 left")
	if err := os.Remove(filepath.Join(dir, "ticket.json")); err != nil {
		t.Fatal(err)
	}
	if r := wait(); r.code != 1 || !strings.Contains(r.errors, "no such file") {
		t.Errorf("exit status %d, errors %q", r.code, r.errors)
	}
}
