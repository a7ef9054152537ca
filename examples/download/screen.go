package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vbauerster/mpb/v8/decor"
)

// A screen shows how the files come along. Its rows are used by one goroutine
// each.
type screen interface {
	row(name string) row
	close() // after the end of all rows
}

// A row is the place of one file.
type row interface {
	show(report)
	end(outcome, error)
}

// newScreen draws bars on a terminal, and writes lines into everything else.
func newScreen(ctx context.Context, to *os.File, files []file) screen {
	if info, err := to.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &lines{to: to}
	}
	var names []string
	for _, f := range files {
		names = append(names, f.name())
	}
	return newBars(ctx, to, names)
}

// ending says what became of a file, in few words. Errors are told in full once
// all is over.
func ending(out outcome, err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped"
	case err != nil:
		return "failed"
	}
	text := "done, " + size(out.Size)
	if out.Was {
		text = "there already, " + size(out.Size)
	}
	if out.SHA256 {
		text += ", SHA-256 verified"
	}
	return text
}

// amount is how many bytes there are of how many, where that is known.
func amount(have, whole int64) string {
	if whole < 0 {
		return size(have)
	}
	return size(have) + " of " + size(whole)
}

// size is a number of bytes for people, such as "1.5 MiB".
func size(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("% .1f", decor.SizeB1024(n))
}
