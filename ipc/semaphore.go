package ipc

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Semaphore holds a number of permits, which it is made with. A process releases
// its own permits only, those that any of its goroutines has acquired; to signal
// others there is Event. What a process has acquired it has until it releases it,
// also when no handle is left. Acquire at once what is needed together: who has
// permits and waits for more may wait for ever for one who waits for several.
//
// Order:    a Release synchronizes before every Acquire that comes after it, in all processes.
// Crash:    the permits of a process that dies, or closes its space, come back.
// Fairness: who waits for several permits, or long for one, goes before all who come later; beyond that who runs may take permits before one who is being woken. One that is stopped (SIGSTOP) while it waits loses that place within two seconds.
// Cost:     uncontended, Acquire and Release are two compare-and-swaps and a store each, no system call. One that is stopped amid these three instructions holds up the others that use the semaphore.
type Semaphore struct {
	handle[driver.Semaphore]
}

// OpenSemaphore attaches to the semaphore called name, or creates it with so many
// permits, all of them free: from 1 to 268,435,455, others are ErrRange. One that is
// there and has another number of permits is ErrMismatch.
func OpenSemaphore(ctx context.Context, s *Space, name string, permits int) (*Semaphore, error) {
	h, err := open(ctx, s, semaphoreOf(permits), "semaphore", name)
	if err != nil {
		return nil, err
	}
	return &Semaphore{h}, nil
}

// semaphoreOf opens one of so many permits; 0: of as many as it has.
func semaphoreOf(permits int) opener[driver.Semaphore] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Semaphore, error) {
		return s.OpenSemaphore(ctx, which, permits)
	}
}

// Acquire waits until n permits are free, and takes them, all at once. A non-nil
// error means that none was taken: ctx's, ErrClosed, or ErrRange where n is less than
// one or more than there are at all.
func (m *Semaphore) Acquire(ctx context.Context, n int) error {
	err := m.object.Acquire(ctx, n)
	runtime.KeepAlive(m)
	return m.failed("acquire", err)
}

// TryAcquire takes n permits if they are free, else it returns ErrLocked: also while
// another waits for several, and where a process was stopped in the midst of
// acquiring or releasing. The dead have no permits.
func (m *Semaphore) TryAcquire(ctx context.Context, n int) error {
	err := m.object.TryAcquire(n)
	runtime.KeepAlive(m)
	return m.failed("acquire", err)
}

// Release gives n permits back. It returns ErrNotHeld, and does nothing, where this
// process has fewer. What a deleted semaphore had given out can still be released.
func (m *Semaphore) Release(ctx context.Context, n int) error {
	err := m.object.Release(ctx, n)
	runtime.KeepAlive(m)
	return m.failed("release", err)
}

// Available returns how many permits are free.
func (m *Semaphore) Available(ctx context.Context) (int, error) {
	n, err := m.object.Available(ctx)
	runtime.KeepAlive(m)
	return n, m.failed("look at", err)
}
