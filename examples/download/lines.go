package main

import (
	"fmt"
	"io"
	"sync"
)

// lines is the screen for a file or a pipe: a line for what happened, and one
// for each tenth of a file.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) row(name string) row { return &lineRow{on: l, name: name} }

func (l *lines) close() {}

func (l *lines) print(name, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.to, "%s: %s\n", name, text)
}

type lineRow struct {
	on     *lines
	name   string
	tenths int64 // told
}

func (r *lineRow) show(now report) {
	if now.Note != "" {
		r.on.print(r.name, now.Note)
	}
	if now.Size <= 0 {
		return
	}
	tenths := now.Have * 10 / now.Size
	if tenths > r.tenths && tenths < 10 && now.Note == "" {
		r.on.print(r.name, fmt.Sprintf("%d %%, %s", tenths*10, amount(now.Have, now.Size)))
	}
	r.tenths = tenths
}

func (r *lineRow) end(out outcome, err error) { r.on.print(r.name, ending(out, err)) }
