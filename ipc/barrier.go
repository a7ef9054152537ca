package ipc

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Barrier lets its parties go on once all of them wait: a round. Then it is as it
// was, for the next round. A party is a goroutine of any process; of more than the
// parties that come, the later ones are the next round's.
//
// Order:    what each party of a round did before its Wait synchronizes before the return of all their Waits, in all processes.
// Crash:    a party that dies while it waits breaks the barrier, for good until Reset. One that is stopped does not: the others wait for it.
// Fairness: all parties of a round go on, whatever happens to the barrier after it.
// Cost:     a round is a few compare-and-swaps for each party, and no system call where nobody has come to sleep for it.
type Barrier struct {
	handle[driver.Barrier]
}

// OpenBarrier attaches to the barrier called name, or creates it, for so many
// parties: 1 to 1,048,575, else it returns ErrRange.
func OpenBarrier(ctx context.Context, s *Space, name string, parties int) (*Barrier, error) {
	h, err := open(ctx, s, barrierOf(parties), "barrier", name)
	if err != nil {
		return nil, err
	}
	return &Barrier{h}, nil
}

// barrierOf opens barriers of so many parties; 0 is as many as they have.
func barrierOf(parties int) opener[driver.Barrier] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Barrier, error) {
		return s.OpenBarrier(ctx, which, parties)
	}
}

// Wait waits until all parties of the round do. The index tells them apart: it is
// how many came before, from 0 to the number of parties less one.
//
// Who gives up breaks the barrier: with a non-nil error the caller was in no round
// that succeeded, and if ctx ended the others get ErrBroken, those who come later
// too. ErrBroken is also what those get who wait at an Abort or a Reset.
func (b *Barrier) Wait(ctx context.Context) (index int, err error) {
	index, err = b.object.Wait(ctx)
	runtime.KeepAlive(b)
	return index, b.failed("wait at", err)
}

// Abort breaks the barrier: until Reset every Wait, those under way too, returns
// ErrBroken.
func (b *Barrier) Abort(ctx context.Context) error {
	err := b.object.Abort(ctx)
	runtime.KeepAlive(b)
	return b.failed("abort", err)
}

// Reset begins a new round, at a barrier that is not broken. Those who wait in the
// old one get ErrBroken. Where nobody waits, and nothing is broken, it does nothing.
func (b *Barrier) Reset(ctx context.Context) error {
	err := b.object.Reset(ctx)
	runtime.KeepAlive(b)
	return b.failed("reset", err)
}

// Waiting returns how many wait; 0 where the barrier is broken.
func (b *Barrier) Waiting(ctx context.Context) (int, error) {
	n, err := b.object.Waiting(ctx)
	runtime.KeepAlive(b)
	return n, b.failed("look at", err)
}

// Broken reports whether the barrier is broken.
func (b *Barrier) Broken(ctx context.Context) (bool, error) {
	broken, err := b.object.Broken(ctx)
	runtime.KeepAlive(b)
	return broken, b.failed("look at", err)
}
