// Daemon shows a child that dies with its parent, however the parent dies.
//
//	go run ./examples/daemon
//
// Three generations: this program starts a parent for each way to end; the
// parent starts a child and ends. Whether the child is still there this program
// learns by a call on a line that the kernel closes when the child is gone.
//
// Whether a child is a daemon is said at its start, and holds from its first
// moment on. A daemon may also end first: nothing happens to its parent. For
// contrast, the last child is no daemon, and lives on.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/multiproc-go/multiproc"
)

// ways are the ways for a parent to end.
var ways = map[string]func() error{
	"returns":       func() error { return nil },
	"panics":        func() error { panic("no more ideas") },
	"calls os.Exit": func() error { os.Exit(3); return nil },
	"kills itself":  killSelf,
}

// killSelf sends the signal that nobody can catch.
func killSelf() error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {} // the rest is up to the kernel
}

// A family is what a parent is told.
type family struct {
	Way    string // how it ends
	Daemon bool   // whether its child is one
}

var parent = multiproc.Func("parent", func(ctx context.Context, f family) (multiproc.None, error) {
	opts := []multiproc.Option{
		multiproc.WithStdin(multiproc.File("calls")),
		multiproc.WithStdout(multiproc.File("answers")),
	}
	if f.Daemon {
		opts = append(opts, multiproc.Daemon())
	}
	if _, err := child.Start(ctx, multiproc.None{}, opts...); err != nil {
		return multiproc.None{}, err
	}
	<-atEnd(multiproc.File("now")) // once the child has been heard
	return multiproc.None{}, ways[f.Way]()
})

func main() { multiproc.Main(run) }

func run(ctx context.Context) error {
	fmt.Println("A daemon may end first:")
	if err := errand.run(ctx); err != nil {
		return err
	}
	fmt.Println("\nHowever its parent ends, a daemon ends with it:")
	for _, way := range []string{"returns", "panics", "calls os.Exit", "kills itself"} {
		if err := show(ctx, family{Way: way, Daemon: true}); err != nil {
			return err
		}
	}
	fmt.Println("\nA child that is no daemon lives on:")
	return show(ctx, family{Way: "kills itself"})
}
