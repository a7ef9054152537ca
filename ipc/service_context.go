package ipc

import (
	"context"
	"errors"
	"sync"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// errUnwanted is why a served function's context has ended, where Serve's has not.
var errUnwanted = errors.New("ipc: the caller waits for the answer no more")

// A servedContext is the context of a function that serves a request. It ends with
// Serve's context, when nobody wants the answer any more, and when the function has
// returned. Only a function that asks for Done has a goroutine started to wait for
// that: most return before they would.
type servedContext struct {
	context.Context // Serve's
	object          driver.Service
	request         driver.Request

	mu     sync.Mutex
	live   context.Context // what is behind Done; nil before somebody has asked
	cancel context.CancelCauseFunc
	ended  bool // the function has returned
}

// Done returns a channel that is closed when the context ends.
func (c *servedContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		c.begin()
		if c.ended {
			c.cancel(context.Canceled)
		} else {
			go c.watch(c.live, c.cancel)
		}
	}
	return c.live.Done()
}

// begin is called with c.mu held.
func (c *servedContext) begin() { c.live, c.cancel = context.WithCancelCause(c.Context) }

func (c *servedContext) watch(live context.Context, cancel context.CancelCauseFunc) {
	err := c.object.AwaitUnwanted(live, c.request)
	if err == nil {
		err = errUnwanted
	}
	cancel(err) // which may be that the space is closed
}

// Err returns why the context has ended, nil while it has not.
func (c *servedContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		if err := c.Context.Err(); err != nil || !c.ended && c.object.Wanted(c.request) {
			return err
		}
		c.begin()
	}
	switch {
	case c.ended:
		c.cancel(context.Canceled)
	case !c.object.Wanted(c.request):
		c.cancel(errUnwanted)
	}
	return c.live.Err()
}

// Value returns what Serve's context has for key.
func (c *servedContext) Value(key any) any {
	c.mu.Lock()
	live := c.live
	c.mu.Unlock()
	if live == nil {
		return c.Context.Value(key)
	}
	return live.Value(key)
}

// end is the end of the function.
func (c *servedContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.live != nil {
		c.cancel(context.Canceled)
	}
}
