package ipc

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Cond is a condition to wait for while holding a Mutex, or an RWMutex as its
// writer. What is waited for is the caller's, and so is the lock: each Wait says
// which it holds. It may live in another space.
//
// Who changes what others wait for does it while holding the lock, and signals
// then or afterwards.
//
// Order:    what a Signal or Broadcast follows is seen after the Waits that return for it, in all processes.
// Crash:    a Signal whose waiter dies before its Wait returns goes to another who waits when the death is noticed, if there is one. A Signal and a Broadcast have happened or not.
// Fairness: a Signal is for the one who has waited longest; the lock it must take is the lock's affair. A stopped waiter is signalled as another is, and keeps its Signal.
// Cost:     Signal looks at as many cells as goroutines have ever waited at one time; it and Broadcast are one compare-and-swap each, and a system call for each goroutine that is woken.
type Cond struct {
	handle[driver.Cond]
}

// OpenCond attaches to the condition called name, or creates it.
func OpenCond(ctx context.Context, s *Space, name string) (*Cond, error) {
	h, err := open(ctx, s, driver.Space.OpenCond, "cond", name)
	if err != nil {
		return nil, err
	}
	return &Cond{h}, nil
}

// Wait gives up the lock that g holds, waits for a Signal, a Broadcast or the end
// of ctx and for nothing else, and holds the lock again when it returns, error or
// not: g is then the new holding, and earlier copies of it are void. Taking the lock
// again takes as long as it takes; ctx does not bound that.
//
// The error is ctx's, if it ended before there was a signal; ErrNotHeld, at once, for
// a Guard that has ended; ErrUnsupported of package errors for a reader's; ErrNoSpace
// where there is no room for one more who waits; and ErrClosed when the Cond is
// deleted or its space closed. Only where the lock itself is gone it is not held
// again: then the error is ErrClosed and g is a zero Guard.
func (c *Cond) Wait(ctx context.Context, g *Guard) error {
	lock, err := g.exclusive()
	if err != nil {
		return c.failed("wait for", err)
	}
	held, err := c.object.Wait(ctx, lock, g.held)
	runtime.KeepAlive(c)
	if held == (driver.Holding{}) {
		*g = Guard{}
	} else {
		g.held = held
	}
	return c.failed("wait for", err)
}

// WaitFor waits until ready reports true, which it asks first, and then after each
// signal; nil means that it does, and the lock is held as after Wait. It asks once
// more when ctx ends. The lock is held while ready runs, and stays so if it panics.
func (c *Cond) WaitFor(ctx context.Context, g *Guard, ready func() bool) error {
	if _, err := g.exclusive(); err != nil {
		return c.failed("wait for", err)
	}
	for !ready() {
		err := c.Wait(ctx, g)
		if err == nil {
			continue
		}
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) && ready() {
			return nil
		}
		return err
	}
	return nil
}

// Signal lets one goroutine go on, of those that wait in all processes: the one that
// has waited longest. Where none waits it does nothing, now or later. The caller may
// hold the lock or not; if not, one that begins to wait meanwhile may come too late.
func (c *Cond) Signal(ctx context.Context) error {
	err := c.object.Signal(ctx)
	runtime.KeepAlive(c)
	return c.failed("signal", err)
}

// Broadcast lets all goroutines go on that wait.
func (c *Cond) Broadcast(ctx context.Context) error {
	err := c.object.Broadcast(ctx)
	runtime.KeepAlive(c)
	return c.failed("broadcast", err)
}

// exclusive returns the lock that g holds alone.
func (g *Guard) exclusive() (driver.Locker, error) {
	if g == nil || g.lock == nil {
		return nil, ErrNotHeld
	}
	lock, ok := g.lock.(driver.Locker)
	if !ok {
		return nil, fmt.Errorf("%w: the Guard is a reader's, but to wait one holds the lock alone", errors.ErrUnsupported)
	}
	return lock, nil
}
