package office

import (
	"context"
	"fmt"

	"github.com/gofrs/flock"
)

// locked runs f under the lock between processes. The lock is on a file of its
// own, which stays: ticket.json itself is another file after each sale. The
// kernel releases the lock when its holder ends, however it ends.
func (o *Office) locked(ctx context.Context, f func() error) error {
	lock := flock.New(o.file + ".lock")

	// Waiting in the kernel costs nothing and is in order of arrival, but knows
	// no context: the goroutine waits on when ctx ends, and gives the lock back.
	got := make(chan error, 1)
	go func() { got <- lock.Lock() }()
	select {
	case err := <-got:
		if err != nil {
			return fmt.Errorf("lock the office: %w", err)
		}
	case <-ctx.Done():
		go func() {
			if <-got == nil {
				_ = lock.Unlock() // nothing was done under it
			}
		}()
		return fmt.Errorf("lock the office: %w", context.Cause(ctx))
	}

	err := f()
	if unlockErr := lock.Unlock(); err == nil && unlockErr != nil {
		return fmt.Errorf("unlock the office: %w", unlockErr)
	}
	return err
}
