package ipc

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An RWMutex is held by one writer or by any number of readers, goroutines of any
// processes.
//
// A goroutine that reads must not read-lock it again: a writer that has come between
// waits for the first holding, and keeps the second out.
//
// Order:    the n'th writer's Unlock synchronizes before all later Locks and RLocks; a reader's Unlock before all later Locks; in all processes.
// Crash:    when the writer dies the lock passes on, and the Guards say Abandoned until a writer unlocks; a reader that dies is no longer counted, and one that dies waiting has changed nothing.
// Fairness: a waiting writer goes before new readers for as long as it shows that it runs; one that is stopped while it waits keeps them out for about a second. Between writers as a Mutex.
// Cost:     uncontended, RLock and its Unlock are one compare-and-swap each, on a cache line of the process's own; Lock is two and a look at each process that has the lock open, its Unlock one. No system call.
type RWMutex struct {
	handle[driver.RWMutex]
}

// OpenRWMutex attaches to the lock called name, or creates it.
func OpenRWMutex(ctx context.Context, s *Space, name string) (*RWMutex, error) {
	h, err := open(ctx, s, driver.Space.OpenRWMutex, "rwmutex", name)
	if err != nil {
		return nil, err
	}
	return &RWMutex{h}, nil
}

// Lock waits for the lock as its writer, until nobody else has it. A non-nil error
// means that the lock is not held: ctx's, or ErrClosed.
func (m *RWMutex) Lock(ctx context.Context) (Guard, error) {
	held, err := m.object.Lock(ctx)
	if err != nil {
		return Guard{}, m.failed("lock", err)
	}
	return Guard{m.object, held}, nil
}

// TryLock takes the lock as its writer if nobody has it, else it returns ErrLocked.
// The dead have nothing.
func (m *RWMutex) TryLock(ctx context.Context) (Guard, error) {
	held, err := m.object.TryLock()
	if err != nil {
		return Guard{}, m.failed("lock", err)
	}
	return Guard{m.object, held}, nil
}

// RLock waits for the lock as one of its readers, until no writer has it or waits for
// it. A non-nil error means that the lock is not held: ctx's, or ErrClosed.
func (m *RWMutex) RLock(ctx context.Context) (Guard, error) {
	lock, held, err := m.object.RLock(ctx)
	if err != nil {
		return Guard{}, m.failed("read-lock", err)
	}
	return Guard{lock, held}, nil
}

// TryRLock takes the lock as one of its readers if no writer has it or waits for it,
// else it returns ErrLocked.
func (m *RWMutex) TryRLock(ctx context.Context) (Guard, error) {
	lock, held, err := m.object.TryRLock()
	if err != nil {
		return Guard{}, m.failed("read-lock", err)
	}
	return Guard{lock, held}, nil
}
