package ipc

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Event is a flag to wait for.
//
// Order:    a Set synchronizes before every Wait that returns for it, in all processes.
// Crash:    Set and Clear have happened or not; who dies while it waits disturbs nobody.
// Fairness: a Set lets all go on who wait, even if a Clear follows at once.
// Cost:     IsSet, and Wait for a set flag, are one load; a Set that nobody sleeps for is one compare-and-swap. No system call.
type Event struct {
	handle[driver.Event]
}

// OpenEvent attaches to the event called name, or creates it, not set.
func OpenEvent(ctx context.Context, s *Space, name string) (*Event, error) {
	h, err := open(ctx, s, driver.Space.OpenEvent, "event", name)
	if err != nil {
		return nil, err
	}
	return &Event{h}, nil
}

// Set sets the flag.
func (e *Event) Set(ctx context.Context) error {
	err := e.object.Set(ctx)
	runtime.KeepAlive(e)
	return e.failed("set", err)
}

// Clear clears the flag.
func (e *Event) Clear(ctx context.Context) error {
	err := e.object.Clear(ctx)
	runtime.KeepAlive(e)
	return e.failed("clear", err)
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet(ctx context.Context) (bool, error) {
	set, err := e.object.IsSet(ctx)
	runtime.KeepAlive(e)
	return set, e.failed("look at", err)
}

// Wait waits until the flag is set.
func (e *Event) Wait(ctx context.Context) error {
	err := e.object.Wait(ctx)
	runtime.KeepAlive(e)
	return e.failed("wait for", err)
}
