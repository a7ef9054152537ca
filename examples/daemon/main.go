// Daemon shows a child that dies with its parent, however the parent dies.
//
//	go run ./examples/daemon
//
// Three generations: this program starts a parent for each way to end; the
// parent starts a child, and ends. This program calls the child over a line that
// the kernel closes when the child is gone.
//
// Whether a child is a daemon is said at its start, and holds from its first
// moment. A daemon may also end first: nothing happens to its parent. For
// contrast, the last child is no daemon, and lives on.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/multiproc-go/multiproc"
)

func main() { multiproc.Main(run) }

func run(ctx context.Context) error {
	fmt.Println("A daemon may end first:")
	p, err := errand.Start(ctx, multiproc.None{}, multiproc.Daemon())
	if err != nil {
		return err
	}
	if _, err := p.Wait(ctx); err != nil {
		return err
	}
	fmt.Printf("  daemon %d has ended by itself, and its parent %d goes on\n", p.PID(), os.Getpid())

	fmt.Println("However its parent ends, a daemon ends with it:")
	for _, way := range []string{"return", "panic", "exit", "be killed"} {
		if err := show(ctx, family{way, true}); err != nil {
			return err
		}
	}
	fmt.Println("A child that is no daemon lives on:")
	return show(ctx, family{"be killed", false})
}

// show starts a family, has its parent end, and tells what became of its child.
func show(ctx context.Context, f family) (err error) {
	line, its, err := newLine()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, line.hangUp()) }() // who lives on ends then
	p, err := parent.Start(ctx, f, multiproc.Daemon(), multiproc.WithStdin(its.stdin), multiproc.WithStdout(its.stdout))
	its.close()
	if err != nil {
		return err
	}
	child, err := line.call()
	if err != nil {
		return err
	}

	if err := p.Signal(syscall.SIGTERM); err != nil { // it is time to end
		return err
	}
	_, end := p.Wait(ctx)
	if end == nil {
		end = fmt.Errorf("parent in process %d returned", p.PID())
	}
	if f.Daemon {
		if err := line.awaitEnd(); err != nil {
			return fmt.Errorf("%w: its daemon %s has not ended: %w", end, child, err)
		}
		fmt.Printf("  %v: its daemon %s is gone\n", end, child)
		return nil
	}
	again, err := line.call()
	if err != nil {
		return err
	}
	fmt.Printf("  %v: its child %s still answers\n", end, again)
	return nil
}

// errand is the daemon that ends first.
var errand = multiproc.Func("errand", func(context.Context, multiproc.None) (multiproc.None, error) {
	return multiproc.None{}, nil
})

// A family is what a parent is told.
type family struct {
	Way    string // how it ends
	Daemon bool   // whether its child is one
}

var parent = multiproc.Func("parent", func(ctx context.Context, f family) (multiproc.None, error) {
	opts := []multiproc.Option{multiproc.WithStdin(os.Stdin)} // its line is the child's
	if f.Daemon {
		opts = append(opts, multiproc.Daemon())
	}
	// The context of a start is the child's life, and this function's own ends
	// with the SIGTERM. Here nothing but the parent's end shall end the child.
	if _, err := child.Start(context.Background(), multiproc.None{}, opts...); err != nil {
		return multiproc.None{}, err
	}
	<-ctx.Done()
	return multiproc.None{}, end(f.Way)
})

// end ends this process.
func end(way string) error {
	switch way {
	case "panic":
		panic("no more ideas")
	case "exit":
		os.Exit(3)
	case "be killed":
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := self.Kill(); err != nil { // SIGKILL: no code of this process runs any more
			return err
		}
		select {}
	}
	return nil
}

// child says who it is whenever it is called. It would do so for ever.
var child = multiproc.Func("child", func(ctx context.Context, _ multiproc.None) (multiproc.None, error) {
	hungUp := make(chan error, 1)
	go func() {
		calls := bufio.NewScanner(os.Stdin)
		for calls.Scan() {
			fmt.Println(os.Getpid())
		}
		hungUp <- calls.Err()
	}()
	select {
	case err := <-hungUp:
		return multiproc.None{}, err
	case <-ctx.Done(): // a parent that returns stops its daemons
		return multiproc.None{}, nil
	}
})
