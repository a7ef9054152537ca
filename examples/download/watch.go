package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/multiproc-go/multiproc"
)

// A report is how far a download is. The child sends reports to its parent on
// its standard output, as JSON: whatever it has printed there has reached the
// parent when Wait returns.
type report struct {
	Have int64  // bytes in NAME.part
	Size int64  // bytes in the whole file; -1: not known
	Note string // what happened, where something did
}

// An outcome is what became of a download that succeeded.
type outcome struct {
	Size   int64
	Was    bool // there already
	SHA256 bool // verified
}

// watch has one file fetched by a child, and shows its progress.
func watch(ctx context.Context, f file, r row) error {
	reports, w := io.Pipe()
	p, err := fetch.Start(ctx, f, multiproc.Daemon(), multiproc.WithName("download "+f.name()), multiproc.WithStdout(w))
	if err != nil {
		r.end(outcome{}, err)
		return err
	}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		defer func() { _ = reports.Close() }() // what is no report is not waited for
		for decoder := json.NewDecoder(reports); ; {
			var report report
			if decoder.Decode(&report) != nil {
				return
			}
			r.show(report)
		}
	}()
	out, err := p.Wait(context.Background()) // the end of ctx ends the child
	_ = w.Close()
	<-shown
	r.end(out, err)
	return err
}

// A reporter is the child's side of it.
type reporter struct {
	to   *json.Encoder
	of   *part // nil before it is open
	last time.Time
}

func newReporter() *reporter { return &reporter{to: json.NewEncoder(os.Stdout)} }

// rate is how often progress is reported: as often as anybody looks.
const rate = 100 * time.Millisecond

// progress tells how far the download is, unless it has just been told.
func (r *reporter) progress() {
	if time.Since(r.last) >= rate {
		r.tell("")
	}
}

// tell tells how far the download is and what happened. That nobody hears it is
// no error: without its parent this process is about to die.
func (r *reporter) tell(note string) {
	r.last = time.Now()
	now := report{Size: -1, Note: note}
	if r.of != nil {
		now.Have, now.Size = r.of.have, r.of.of.Size
	}
	_ = r.to.Encode(now)
}
