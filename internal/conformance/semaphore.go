package conformance

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var semaphoreTests = tests{
	"a semaphore gives out what it has, and no more": exactPermits,
	"permits are a process's own":                    ownPermits,
	"numbers of permits that cannot be are ErrRange": permitsInRange,
	"another number of permits is ErrMismatch":       otherPermits,
	"closing gives permits back":                     closeReleases,
	"permits outlive the handles":                    permitsOutliveHandles,
	"who wants several permits has its turn":         severalPermits,
	"contexts and closing end waits for permits":     permitWaitsEnd,
	"a deleted semaphore is ErrClosed":               deletedSemaphore,
	"stats tell of permits":                          permitStats,
}

func semaphore(t *testing.T, s driver.Space, permits int) driver.Semaphore {
	t.Helper()
	m, err := s.OpenSemaphore(background, named("s"), permits)
	must(t, err)
	return m
}

func available(t *testing.T, m driver.Semaphore, want int) {
	t.Helper()
	if n, err := m.Available(background); n != want || err != nil {
		t.Errorf("%d permits are free (%v), want %d", n, err, want)
	}
}

func exactPermits(t *testing.T, attach func() driver.Space) {
	const permits, processes, goroutines, times = 3, 3, 3, 200
	out, err := attach().OpenInt64(background, named("out"))
	must(t, err)
	var all sync.WaitGroup
	for p := range processes {
		m := semaphore(t, attach(), permits)
		for range goroutines {
			all.Go(func() {
				for i := range times {
					n := 1 + (p+i)%permits
					if err := m.Acquire(background, n); err != nil {
						t.Error(err)
						return
					}
					if v, _ := out.Add(background, int64(n)); v > permits {
						t.Errorf("%d permits are out", v)
					}
					_, _ = out.Add(background, -int64(n))
					if err := m.Release(background, n); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	available(t, semaphore(t, attach(), permits), permits)
}

func ownPermits(t *testing.T, attach func() driver.Space) {
	s := attach()
	m, again, other := semaphore(t, s, 3), semaphore(t, s, 3), semaphore(t, attach(), 3)
	must(t, m.Acquire(background, 2))
	is(t, other.Release(background, 1), driver.ErrNotHeld)
	is(t, m.Release(background, 3), driver.ErrNotHeld)
	available(t, other, 1)
	must(t, other.TryAcquire(1))
	is(t, other.TryAcquire(1), driver.ErrLocked)
	must(t, again.Release(background, 1))
	must(t, m.Release(background, 1))
	is(t, m.Release(background, 1), driver.ErrNotHeld)
	must(t, other.Release(background, 1))
	available(t, m, 3)
}

func permitsInRange(t *testing.T, attach func() driver.Space) {
	m := semaphore(t, attach(), 2)
	for _, n := range []int{-1, 0, 3, 1 << 40} {
		is(t, m.Acquire(background, n), driver.ErrRange)
		is(t, m.TryAcquire(n), driver.ErrRange)
		is(t, m.Release(background, n), driver.ErrRange)
	}
	for _, permits := range []int{-1, 0, 1 << 40} {
		_, err := attach().OpenSemaphore(background, named("t"), permits)
		is(t, err, driver.ErrRange)
	}
	available(t, m, 2)
}

func otherPermits(t *testing.T, attach func() driver.Space) {
	m := semaphore(t, attach(), 2)
	_, err := attach().OpenSemaphore(background, named("s"), 5)
	is(t, err, driver.ErrMismatch)
	if err == nil || !strings.Contains(err.Error(), "2 permits, not 5") {
		t.Errorf("it does not say what differs: %v", err)
	}
	same, err := attach().OpenSemaphore(background, driver.Which{Name: "s", ID: m.ID()}, 0)
	must(t, err)
	available(t, same, 2)
}

func closeReleases(t *testing.T, attach func() driver.Space) {
	gone := attach()
	m, other := semaphore(t, gone, 2), semaphore(t, attach(), 2)
	must(t, m.Acquire(background, 2))
	is(t, other.TryAcquire(1), driver.ErrLocked)
	taken := make(chan error)
	go func() { taken <- other.Acquire(background, 2) }()
	must(t, gone.Close())
	must(t, <-taken)
	is(t, m.Release(background, 1), driver.ErrClosed)
	is(t, m.Acquire(background, 1), driver.ErrClosed)
	is(t, m.TryAcquire(1), driver.ErrClosed)
	_, err := m.Available(background)
	is(t, err, driver.ErrClosed)
	must(t, other.Release(background, 2))
}

func severalPermits(t *testing.T, attach func() driver.Space) {
	const permits = 4
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		m := semaphore(t, attach(), permits)
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := errors.Join(m.Acquire(background, 2), m.Release(background, 2)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	m := semaphore(t, attach(), permits)
	for range 20 {
		must(t, m.Acquire(background, permits))
		must(t, m.Release(background, permits))
	}
	close(done)
	all.Wait()
}

func permitsOutliveHandles(t *testing.T, attach func() driver.Space) {
	s, other := attach(), semaphore(t, attach(), 2)
	for range 5 {
		must(t, semaphore(t, s, 2).Acquire(background, 2))
		collect()
		semaphore(t, attach(), 2) // which takes the place of one that has gone
		is(t, other.TryAcquire(1), driver.ErrLocked)
		m := semaphore(t, s, 2)
		must(t, m.Release(background, 2))
		is(t, m.Release(background, 1), driver.ErrNotHeld)
		must(t, other.TryAcquire(2))
		must(t, other.Release(background, 2))
	}
}

// collect has the collector find the handles that nobody has any more, and waits for
// what follows from that: the end of one like them.
func collect() {
	gone := make(chan struct{})
	runtime.AddCleanup(new([64]byte), func(int) { close(gone) }, 0)
	for {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
			runtime.Gosched()
		}
	}
}

func permitWaitsEnd(t *testing.T, attach func() driver.Space) {
	s := attach()
	holder, waiter := semaphore(t, attach(), 2), semaphore(t, s, 2)
	must(t, holder.Acquire(background, 1))
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	go func() { ended <- waiter.Acquire(ctx, 2) }()
	cancel()
	is(t, <-ended, context.Canceled)
	must(t, waiter.TryAcquire(1)) // and it does not stand in the way
	go func() { ended <- waiter.Acquire(background, 2) }()
	must(t, s.Close())
	is(t, <-ended, driver.ErrClosed)
	must(t, holder.Acquire(background, 1))
	must(t, holder.Release(background, 2))
}

func deletedSemaphore(t *testing.T, attach func() driver.Space) {
	s := attach()
	m := semaphore(t, s, 1)
	must(t, m.Acquire(background, 1))
	ended := make(chan error)
	go func() { ended <- m.Acquire(background, 1) }()
	must(t, attach().Delete(background, "s"))
	is(t, <-ended, driver.ErrClosed)
	must(t, m.Release(background, 1)) // what was had can be given back
	is(t, m.TryAcquire(1), driver.ErrClosed)
	_, err := m.Available(background)
	is(t, err, driver.ErrClosed)
	available(t, semaphore(t, s, 7), 7)
}

func permitStats(t *testing.T, attach func() driver.Space) {
	holder := attach()
	must(t, semaphore(t, holder, 3).Acquire(background, 2))
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	m := semaphore(t, attach(), 3)
	go func() { ended <- m.Acquire(ctx, 3) }()
	for {
		s, err := holder.Stats(background)
		must(t, err)
		holds, waits := 0, 0
		for _, p := range s.Processes {
			holds += len(p.Holds)
			waits += len(p.Waits)
		}
		if o := s.Objects[0]; o.Kind != "semaphore" || o.Len != 2 || o.Cap != 3 || o.Holder != 0 || holds != 1 {
			t.Fatalf("%+v", s)
		}
		if s.Objects[0].Waiters == 1 && waits == 1 {
			break
		}
	}
	cancel()
	is(t, <-ended, context.Canceled)
}
