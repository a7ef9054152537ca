package ipc

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Int64 is a shared integer, zero at first.
//
// Order:    all calls on it have one order, in all processes; each synchronizes before those that see its result.
// Crash:    a call has happened or not.
// Fairness: no call waits for another.
// Cost:     one atomic instruction.
type Int64 struct {
	handle[driver.Int64]
}

// OpenInt64 attaches to the integer called name, or creates it.
func OpenInt64(ctx context.Context, s *Space, name string) (*Int64, error) {
	h, err := open(ctx, s, driver.Space.OpenInt64, "int64", name)
	if err != nil {
		return nil, err
	}
	return &Int64{h}, nil
}

// Load returns the integer.
func (i *Int64) Load(ctx context.Context) (int64, error) {
	v, err := i.object.Load(ctx)
	runtime.KeepAlive(i)
	return v, i.failed("load", err)
}

// Store sets the integer.
func (i *Int64) Store(ctx context.Context, v int64) error {
	err := i.object.Store(ctx, v)
	runtime.KeepAlive(i)
	return i.failed("store", err)
}

// Add adds delta and returns the new value.
func (i *Int64) Add(ctx context.Context, delta int64) (int64, error) {
	v, err := i.object.Add(ctx, delta)
	runtime.KeepAlive(i)
	return v, i.failed("add to", err)
}

// CompareAndSwap sets the integer to new if it is old, and reports whether it was.
func (i *Int64) CompareAndSwap(ctx context.Context, old, new int64) (bool, error) {
	swapped, err := i.object.CompareAndSwap(ctx, old, new)
	runtime.KeepAlive(i)
	return swapped, i.failed("swap", err)
}
