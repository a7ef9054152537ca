package ipc

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Mutex excludes all other goroutines of all processes.
//
// Order:    the n'th Unlock synchronizes before the m'th Lock, n < m, in all processes.
// Crash:    when the holder dies a waiter gets the lock; its Guard says Abandoned.
// Fairness: none between processes: who runs may take it before one who is being woken. The goroutines of one process that sleep for it get it in the order of their coming.
// Cost:     uncontended, Lock and Unlock are one compare-and-swap each, no system call.
type Mutex struct {
	handle[driver.Mutex]
}

// OpenMutex attaches to the mutex called name, or creates it.
func OpenMutex(ctx context.Context, s *Space, name string) (*Mutex, error) {
	h, err := open(ctx, s, driver.Space.OpenMutex, "mutex", name)
	if err != nil {
		return nil, err
	}
	return &Mutex{h}, nil
}

// Lock waits for the lock. A non-nil error means that the lock is not held: ctx's,
// or ErrClosed.
func (m *Mutex) Lock(ctx context.Context) (Guard, error) {
	held, err := m.object.Lock(ctx)
	return Guard{m.object, held}, err // so short that it is inlined: the driver says what failed
}

// TryLock takes the lock if nobody has it, else it returns ErrLocked. A dead
// holder has nothing.
func (m *Mutex) TryLock(ctx context.Context) (Guard, error) {
	held, err := m.object.TryLock()
	if err != nil {
		return Guard{}, m.failed("lock", err)
	}
	return Guard{m.object, held}, nil
}

// Holder returns the process that holds the lock, or 0 where it is free, and since
// when a waiter, Holder or Stats has seen it held.
func (m *Mutex) Holder(ctx context.Context) (pid int, since time.Time, err error) {
	pid, since, err = m.object.Holder(ctx)
	runtime.KeepAlive(m)
	return pid, since, m.failed("holder of", err)
}

// Locker is the mutex for code that wants a sync.Locker; it panics on errors.
func (m *Mutex) Locker() sync.Locker { return &locker{mutex: m} }

// A locker keeps the Guard from Lock to Unlock.
type locker struct {
	mutex *Mutex
	guard Guard
}

func (l *locker) Lock() {
	g, err := l.mutex.Lock(context.Background())
	if err != nil {
		panic(err)
	}
	l.guard = g
}

func (l *locker) Unlock() {
	g := l.guard
	l.guard = Guard{}
	if err := g.Unlock(); err != nil {
		panic(err)
	}
}
