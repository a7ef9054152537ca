package multiproc

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/multiproc-go/multiproc/internal/proc"
)

// begun is set once Main or Init has run.
var begun atomic.Bool

// Main is all that a program's main function calls. In the first process it
// calls run with a context that SIGINT and SIGTERM cancel; when run returns it
// stops the daemon children, waits for the other children, and exits: 0 for a
// nil error, else 1 with the error on standard error. The context does not end
// with run. A second SIGINT or SIGTERM kills all children and exits with 130 or
// 143. In a child process it runs the function that the child was started for,
// and never returns.
//
// Children have sessions and process groups of their own, so that a terminal's
// interrupt reaches the first process alone. A child whose function has returned
// stops its own daemons and waits for its other children before it exits.
//
// A signal that the program was started to ignore, as by nohup, stays ignored.
func Main(run func(ctx context.Context) error) {
	Init()
	err := run(interruptible())
	_ = Shutdown(context.Background())
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", self.Name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Init is Main for a main or a TestMain of the caller's own making: it returns
// at once in a first process, and never in a child. Package initialization runs
// in children too; os.Args in a child is the first process's. It leaves signals,
// and the children that are there at the end, to the caller: see [Shutdown].
func Init() {
	if begun.Swap(true) {
		return
	}
	if parent := proc.Born(); parent != nil {
		live(parent)
	}
}

// interruptible returns a context that the first SIGINT or SIGTERM cancels; the
// second kills the children and ends the process.
func interruptible() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	go func() {
		sig := <-signals
		cancel(interrupted{sig})
		sig = <-signals
		killChildren()
		os.Exit(128 + int(sig.(syscall.Signal)))
	}()
	return ctx
}

// interrupted is the cause of a context that a signal has cancelled.
type interrupted struct{ os.Signal }

func (i interrupted) Error() string        { return "signal: " + i.Signal.String() }
func (i interrupted) Is(target error) bool { return target == context.Canceled }

func killChildren() {
	endSupervisors()
	living := children.living()
	for _, c := range living {
		c.proc.Kill()
	}
	for _, c := range living {
		<-c.proc.Gone()
	}
}

// Shutdown is what Main does when run has returned: it stops the daemon children
// and waits for the others until ctx ends. Daemons that have not ended by then
// are killed; the others go on, and the error says how many there are.
func Shutdown(ctx context.Context) error {
	endSupervisors()
	for {
		living := children.living()
		if len(living) == 0 {
			return nil
		}
		var stopping sync.WaitGroup
		for _, c := range living {
			if c.info.Daemon {
				stopping.Go(func() { c.stop(ctx) })
			}
		}
		stopping.Wait()
		for _, c := range living {
			if c.wait(ctx) != nil {
				return fmt.Errorf("multiproc: shutdown: %d children are still running: %w", len(children.living()), contextError(ctx))
			}
		}
	}
}
