// Download fetches files over HTTP in processes of their own, and does not lose
// what it has fetched.
//
//	go run ./examples/download https://go.dev/dl/go1.26.0.linux-amd64.tar.gz
//	go run ./examples/download -dir /tmp -parallel 5 URL URL#sha256=HEX ...
//
// Each file is fetched by a daemon child, which writes NAME.part; this process
// draws the progress. Quit it in whatever way, even by kill -9, and the downloads
// stop with it. Started again with the same command line it goes on where they
// were.
//
// The exit status is 0 if all files are there, 1 if not, and 2 if the command
// line is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/multiproc-go/multiproc"
)

func main() { multiproc.Main(run) }

func run(ctx context.Context) error {
	c, err := parse(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "download: %v\n", err)
		os.Exit(2) // Main has no word for it; nothing has been started yet
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return err
	}
	screen := newScreen(ctx, os.Stdout, c.files)
	errs := fetchAll(ctx, c, screen)
	screen.close()
	return verdict(c, errs)
}

// fetchAll returns each file's error, in the order of the command line. Files are
// begun in that order, too, and not at all once ctx has ended.
func fetchAll(ctx context.Context, c config, s screen) []error {
	errs := make([]error, len(c.files))
	places := make(chan struct{}, c.parallel)
	var running sync.WaitGroup
	for i, f := range c.files {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			errs[i] = context.Cause(ctx)
			continue
		}
		row := s.row(f.name())
		running.Go(func() {
			errs[i] = watch(ctx, f, row)
			<-places
		})
	}
	running.Wait()
	return errs
}

// verdict is the error that makes the exit status 1, or nil.
func verdict(c config, errs []error) error {
	var failed []string
	interrupted := false
	for i, err := range errs {
		if errors.Is(err, context.Canceled) {
			interrupted = true
		} else if err != nil {
			failed = append(failed, fmt.Sprintf("\n  %s: %s", c.files[i].name(), message(err)))
		}
	}
	var parts []error
	if len(failed) > 0 {
		parts = append(parts, fmt.Errorf("%d of %d failed:%s", len(failed), len(errs), strings.Join(failed, "")))
	}
	if interrupted {
		parts = append(parts, errors.New("interrupted; what was fetched is kept, and the same command line goes on from there"))
	}
	return errors.Join(parts...)
}

// message is an error without the name of the process that it comes from, which
// does not matter to who downloads.
func message(err error) string {
	if remote, ok := errors.AsType[*multiproc.RemoteError](err); ok {
		return remote.Msg
	}
	return err.Error()
}
