// Bench measures this library and its peers side by side, on the same work, in
// one run.
//
//	go run .                     every area
//	go run . processes           one area
//	go run . -into README.md     and writes the tables into that file, and pictures beside it
//
// The exit status is 1 if a contestant failed. A ratio that was not reached, or a
// peer that is missing, is in the table.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/multiproc-go/multiproc"

	"github.com/multiproc-go/multiproc/bench/coordination"
	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/locks"
	"github.com/multiproc-go/multiproc/bench/peers"
	"github.com/multiproc-go/multiproc/bench/processes"
	"github.com/multiproc-go/multiproc/bench/queues"
	"github.com/multiproc-go/multiproc/bench/values"
)

// An area is a part of the library with a table of its own.
type area struct {
	name        string
	races       func(self harness.Program, shelf *peers.Shelf) []harness.Race
	contestants map[string]func(ctx context.Context, args []string) error
	picture     picture // nil: it has none
}

// A picture is drawn of measurements of its own, as SVG.
type picture func(ctx context.Context, self harness.Program, shelf *peers.Shelf, rounds int, to io.Writer) error

var areas = []area{
	{"processes", processes.Races, processes.Contestants, nil},
	{"locks", locks.Races, locks.Contestants, nil},
	{"coordination", coordination.Races, coordination.Contestants, nil},
	{"values", values.Races, values.Contestants, nil},
	{"queues", queues.Races, queues.Contestants, queues.Picture},
}

func main() {
	processes.Plain() // first of all, as a program without this library would
	multiproc.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// run is the whole program; as "bench contestant AREA NAME ARGUMENT..." it is one
// of its own contestants.
func run(ctx context.Context) error {
	if len(os.Args) > 3 && os.Args[1] == "contestant" {
		for _, a := range areas {
			if work := a.contestants[os.Args[3]]; a.name == os.Args[2] && work != nil {
				return work(ctx, os.Args[4:])
			}
		}
		return fmt.Errorf("there is no contestant %s", strings.Join(os.Args[2:4], " "))
	}
	rounds := flag.Int("rounds", 5, "`number` of turns of each contestant, 3 or more")
	into := flag.String("into", "", "Markdown `file` to write the tables into")
	flag.Parse()
	if *rounds < 3 {
		return fmt.Errorf("%d rounds are too few for a median", *rounds)
	}
	for _, name := range flag.Args() {
		if !slices.ContainsFunc(areas, func(a area) bool { return a.name == name }) {
			return fmt.Errorf("there is no area %q", name)
		}
	}
	return measure(ctx, flag.Args(), *rounds, *into)
}

// measure holds the races of the named areas, or of all, and prints their tables.
func measure(ctx context.Context, names []string, rounds int, into string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is the system's place for what may be left
	shelf, err := peers.Unpack(dir)
	if err != nil {
		return err
	}
	for _, a := range areas {
		if len(names) > 0 && !slices.Contains(names, a.name) {
			continue
		}
		program := harness.Program{Path: self, Area: a.name}
		var rows []harness.Row
		for _, race := range a.races(program, shelf) {
			more, err := harness.Run(ctx, race, rounds)
			if err != nil {
				return err
			}
			rows = append(rows, more...)
			fmt.Fprintf(os.Stderr, "done: %s\n", race.Work)
		}
		text := harness.Circumstances(rounds, shelf.Tools()) + "\n" + harness.Table(rows)
		fmt.Print(text)
		if into != "" {
			if err := harness.Insert(into, a.name, text); err != nil {
				return err
			}
		}
		if into != "" && a.picture != nil {
			file := filepath.Join(filepath.Dir(into), a.name+".svg")
			draw := func(to io.Writer) error { return a.picture(ctx, program, shelf, rounds, to) }
			if err := drawInto(file, draw); err != nil {
				return fmt.Errorf("draw %s: %w", file, err)
			}
		}
	}
	return nil
}

// drawInto makes a file of what draw writes, once all of it is there.
func drawInto(file string, draw func(to io.Writer) error) error {
	var svg bytes.Buffer
	if err := draw(&svg); err != nil {
		return err
	}
	return os.WriteFile(file, svg.Bytes(), 0o644)
}
