package ipc

import (
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Guard is one holding of a lock. It is a small value; copies are the same
// holding. Any goroutine of the process may end it.
type Guard struct {
	lock driver.Unlocker
	held driver.Holding
}

// Unlock ends the holding. It returns ErrNotHeld the second time, and for a zero
// Guard, and does nothing then, whoever holds the lock by now.
func (g Guard) Unlock() error {
	if g.lock == nil {
		return ErrNotHeld
	}
	return g.lock.Unlock(g.held)
}

// Abandoned says that an earlier holder died while it held the lock, so that
// what the lock guards may want repair. It is so until a holder unlocks. Only
// the writers of an RWMutex count: a reader neither abandons nor repairs, but it
// is told.
func (g Guard) Abandoned() bool { return g.held.Abandoned() }

// Token is greater with every exclusive holding of the lock, for fencing off
// writes of a holder that came too late; 0 for a reader's.
func (g Guard) Token() uint64 { return g.held.Token() }

// Lost is closed when the holding ended without Unlock. In shared memory that
// never happens; where a lock is a lease it can.
func (g Guard) Lost() <-chan struct{} { return nil }
