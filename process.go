package multiproc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/multiproc-go/multiproc/internal/codec"
)

// A Process is one run of a function in an operating-system process. It is safe
// for concurrent use.
type Process[Out any] struct {
	c      *child
	result func() (Out, error)
}

func newProcess[Out any](c *child, out *codec.Codec[Out]) *Process[Out] {
	return &Process[Out]{c: c, result: sync.OnceValues(func() (Out, error) {
		var v Out
		err := c.err
		if c.result != nil {
			if derr := out.Take(c.result, &v); derr != nil && err == nil {
				err = fmt.Errorf("multiproc: read the result of %s: %w", in(c.info.Func, c.info.PID), derr)
			}
			c.result = nil
		}
		return v, err
	})}
}

// PID is the process ID. The system may use it again once the process has ended;
// the methods of Process never reach another one by it.
func (p *Process[Out]) PID() int { return p.c.info.PID }

// Name is the name given by WithName, else the function's with a number.
func (p *Process[Out]) Name() string { return p.c.info.Name }

// Alive tells whether the process has not ended, or its result is on its way.
func (p *Process[Out]) Alive() bool {
	_, ended := p.Exit()
	return !ended
}

// Done is closed once the process has ended and its result is there.
func (p *Process[Out]) Done() <-chan struct{} { return p.c.done }

// Wait returns the function's result once the process has ended: the error that
// the function returned (a [*RemoteError]), a [*PanicError], or an [*ExitError]
// where the process ended without a word. A result stands beside the function's
// error where there is one. All that the child wrote has reached the writers
// given for it; a program that the child left behind with its output open does
// not hold Wait up.
//
// ctx bounds this waiting alone: Wait returning early does not stop the child;
// end Start's context for that. Wait may be called any number of times, by any
// number of goroutines; all get the same result, which they share.
func (p *Process[Out]) Wait(ctx context.Context) (Out, error) {
	if err := p.c.wait(ctx); err != nil {
		var zero Out
		return zero, err
	}
	return p.result()
}

// Stop sends SIGTERM to the process, which cancels the function's context in
// it, kills it as by Kill once the grace period is over or ctx ends, and returns
// nil when it is gone. What it leaves of its process group is killed then, too.
func (p *Process[Out]) Stop(ctx context.Context) error {
	p.c.stop(ctx)
	return nil
}

// Kill ends the process at once (SIGKILL), and with it its daemons and the
// programs that it started. Children of it that are no daemons live on. It does
// not wait for the end; it does nothing after it.
func (p *Process[Out]) Kill() error {
	p.c.proc.Kill()
	return nil
}

// Signal sends sig to the process alone; [os.ErrProcessDone] after its end. A
// signal that is no [syscall.Signal] is an error.
func (p *Process[Out]) Signal(sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("multiproc: signal %s: %v is no syscall.Signal", p.Name(), sig)
	}
	err := p.c.proc.Signal(s)
	if err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return fmt.Errorf("multiproc: signal %s: %w", p.Name(), err)
}

// Exit tells how the process ended; ok is false while it runs.
func (p *Process[Out]) Exit() (e Exit, ok bool) {
	select {
	case <-p.c.done:
		return p.c.exit, true
	default:
		return Exit{}, false
	}
}

// Exit is how a process ended and what it used.
type Exit struct {
	Code   int            // exit code, or -1 when a signal ended it, or somebody else in the parent has reaped it
	Signal syscall.Signal // the signal that ended it, or 0
	Limit  string         // the limit that ended it: "memory", "cpu", "timeout", or empty
	Wall   time.Duration  // from start to end
	User   time.Duration  // processor time in user mode
	System time.Duration  // processor time in the kernel
	MaxRSS int64          // peak resident memory, in bytes; where the process was killed, no less than its parent's at the start
}

// String is how it ended: "exit status 3" or "signal: killed".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal: " + e.Signal.String()
	}
	if e.Code < 0 {
		return "unknown exit status"
	}
	return fmt.Sprintf("exit status %d", e.Code)
}
