package conformance

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var rwmutexTests = tests{
	"writers exclude all, readers share":               writersExclude,
	"a waiting writer goes before new readers":         writerFirst,
	"a writer that gives up lets readers in":           writerGivesUp,
	"what is tried is had at once or ErrLocked":        tried,
	"a reader's holding ends once":                     readerEndsOnce,
	"only a writer's lock can be locked again":         onlyWritersLock,
	"only writers have tokens":                         writersTokens,
	"a closed space abandons what it held as writer":   closeAbandonsWriting,
	"a closed space reads no more":                     closeEndsReading,
	"a closed space's waiting writer abandons nothing": closeEndsDraining,
	"a deleted lock ends waits, and can be unlocked":   deletedRWMutex,
	"stats tell who writes and who reads":              rwmutexStats,
}

func rwmutex(t *testing.T, s driver.Space) driver.RWMutex {
	t.Helper()
	m, err := s.OpenRWMutex(background, named("rw"))
	must(t, err)
	return m
}

func rlock(t *testing.T, m driver.RWMutex) (end func() error) {
	t.Helper()
	lock, h, err := m.RLock(background)
	must(t, err)
	return func() error { return lock.Unlock(h) }
}

// untilWaiting returns once so many goroutines wait for the lock.
func untilWaiting(t *testing.T, s driver.Space, waiters int) {
	t.Helper()
	for {
		stats, err := s.Stats(background)
		must(t, err)
		for _, o := range stats.Objects {
			if o.Name == "rw" && o.Waiters == waiters {
				return
			}
		}
	}
}

// Writers change two numbers one after the other; readers find them equal.
func writersExclude(t *testing.T, attach func() driver.Space) {
	const processes, times = 3, 300
	var all sync.WaitGroup
	for range processes {
		s := attach()
		m := rwmutex(t, s)
		left, err := s.OpenInt64(background, named("left"))
		must(t, err)
		right, err := s.OpenInt64(background, named("right"))
		must(t, err)
		all.Go(func() {
			for range times {
				h, err := m.Lock(background)
				if err != nil {
					t.Error(err)
					return
				}
				v, _ := left.Load(background)
				_ = left.Store(background, v+1)
				_ = right.Store(background, v+1)
				if err := m.Unlock(h); err != nil {
					t.Error(err)
				}
			}
		})
		for range 2 {
			all.Go(func() {
				for range times {
					lock, h, err := m.RLock(background)
					if err != nil {
						t.Error(err)
						return
					}
					l, _ := left.Load(background)
					r, _ := right.Load(background)
					if l != r {
						t.Errorf("a reader finds %d and %d", l, r)
					}
					if err := lock.Unlock(h); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	n, err := attach().OpenInt64(background, named("right"))
	must(t, err)
	if v, _ := n.Load(background); v != processes*times {
		t.Errorf("the writers have counted to %d", v)
	}
}

func writerFirst(t *testing.T, attach func() driver.Space) {
	s := attach()
	reader, writer, late := rwmutex(t, s), rwmutex(t, attach()), rwmutex(t, attach())
	end, endToo := rlock(t, reader), rlock(t, late)
	order := make(chan string, 2)
	var all sync.WaitGroup
	all.Go(func() {
		h, err := writer.Lock(background)
		order <- "writer"
		if err == nil {
			err = writer.Unlock(h)
		}
		if err != nil {
			t.Error(err)
		}
	})
	untilWaiting(t, s, 1)
	_, _, err := late.TryRLock()
	is(t, err, driver.ErrLocked)
	all.Go(func() {
		lock, h, err := late.RLock(background)
		order <- "reader"
		if err == nil {
			err = lock.Unlock(h)
		}
		if err != nil {
			t.Error(err)
		}
	})
	untilWaiting(t, s, 2)
	must(t, end())
	must(t, endToo())
	if first := <-order; first != "writer" {
		t.Errorf("the %s was first", first)
	}
	all.Wait()
}

func writerGivesUp(t *testing.T, attach func() driver.Space) {
	s := attach()
	reader, writer := rwmutex(t, s), rwmutex(t, attach())
	end := rlock(t, reader)
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	go func() {
		_, err := writer.Lock(ctx)
		ended <- err
	}()
	untilWaiting(t, s, 1)
	late := rwmutex(t, attach())
	go func() {
		lock, h, err := late.RLock(background)
		if err == nil {
			err = lock.Unlock(h)
		}
		ended <- err
	}()
	untilWaiting(t, s, 2)
	cancel()
	one, two := <-ended, <-ended
	if one == nil {
		one, two = two, one
	}
	is(t, one, context.Canceled)
	must(t, two)
	_, err := writer.TryLock()
	is(t, err, driver.ErrLocked)
	must(t, end())
	h, err := writer.TryLock()
	must(t, err)
	_, _, err = reader.RLock(ctx)
	is(t, err, context.Canceled)
	must(t, writer.Unlock(h))
}

func tried(t *testing.T, attach func() driver.Space) {
	m, other := rwmutex(t, attach()), rwmutex(t, attach())
	h, err := m.TryLock()
	must(t, err)
	for _, lock := range []driver.RWMutex{m, other} {
		_, err = lock.TryLock()
		is(t, err, driver.ErrLocked)
		_, _, err = lock.TryRLock()
		is(t, err, driver.ErrLocked)
	}
	must(t, m.Unlock(h))
	is(t, m.Unlock(h), driver.ErrNotHeld)
	reader, first, err := m.TryRLock()
	must(t, err)
	end := rlock(t, other)
	for _, lock := range []driver.RWMutex{m, other} {
		_, err = lock.TryLock()
		is(t, err, driver.ErrLocked)
	}
	must(t, end())
	_, err = m.TryLock()
	is(t, err, driver.ErrLocked)
	must(t, reader.Unlock(first))
	h, err = other.TryLock()
	must(t, err)
	must(t, other.Unlock(h))
}

func readerEndsOnce(t *testing.T, attach func() driver.Space) {
	s := attach()
	m, other := rwmutex(t, s), rwmutex(t, attach())
	end := rlock(t, m)
	second := rlock(t, m)
	must(t, end())
	is(t, end(), driver.ErrNotHeld)
	third := rlock(t, rwmutex(t, s)) // it may use again what the first one has left
	is(t, end(), driver.ErrNotHeld)
	must(t, second())
	_, err := other.TryLock()
	is(t, err, driver.ErrLocked)
	must(t, third())
	h, err := other.TryLock()
	must(t, err)
	is(t, end(), driver.ErrNotHeld)
	must(t, other.Unlock(h))

	var many []func() error
	for range 10 {
		many = append(many, rlock(t, m))
	}
	for i, end := range many {
		_, err = other.TryLock()
		is(t, err, driver.ErrLocked)
		must(t, end())
		for _, ended := range many[:i+1] {
			is(t, ended(), driver.ErrNotHeld)
		}
	}
	h, err = other.TryLock()
	must(t, err)
	must(t, other.Unlock(h))
}

// A Cond gives a Guard's lock up and takes it again: that is not for readers.
func onlyWritersLock(t *testing.T, attach func() driver.Space) {
	type locker interface {
		driver.Unlocker
		Lock(ctx context.Context) (driver.Holding, error)
	}
	m := rwmutex(t, attach())
	reader, h, err := m.RLock(background)
	must(t, err)
	if _, can := reader.(locker); can {
		t.Error("a reader's lock can be locked")
	}
	must(t, reader.Unlock(h))
	if _, can := driver.Unlocker(m).(locker); !can {
		t.Error("a writer's lock cannot be locked again")
	}
}

func writersTokens(t *testing.T, attach func() driver.Space) {
	one, two := rwmutex(t, attach()), rwmutex(t, attach())
	last := uint64(0)
	for range 10 {
		for _, m := range []driver.RWMutex{one, two} {
			h, err := m.Lock(background)
			must(t, err)
			if h.Token() <= last {
				t.Fatalf("token %d after %d", h.Token(), last)
			}
			last = h.Token()
			must(t, m.Unlock(h))
			lock, r, err := m.RLock(background)
			must(t, err)
			if r.Token() != 0 {
				t.Fatalf("a reader has the token %d", r.Token())
			}
			_, err = two.TryLock() // which uses a number up, and no more
			is(t, err, driver.ErrLocked)
			must(t, lock.Unlock(r))
		}
	}
}

func closeAbandonsWriting(t *testing.T, attach func() driver.Space) {
	gone := attach()
	m, other := rwmutex(t, gone), rwmutex(t, attach())
	h, err := m.Lock(background)
	must(t, err)
	must(t, gone.Close())
	is(t, m.Unlock(h), driver.ErrClosed)
	_, err = m.Lock(background)
	is(t, err, driver.ErrClosed)
	_, _, err = m.RLock(background)
	is(t, err, driver.ErrClosed)
	_, err = m.TryLock()
	is(t, err, driver.ErrClosed)
	lock, r, err := other.RLock(background)
	must(t, err)
	if !r.Abandoned() {
		t.Error("a reader is not told that the lock is abandoned")
	}
	must(t, lock.Unlock(r))
	for _, want := range []bool{true, false} {
		h, err = other.Lock(background)
		must(t, err)
		if h.Abandoned() != want {
			t.Errorf("the lock is abandoned: %v, want %v", h.Abandoned(), want)
		}
		must(t, other.Unlock(h))
	}
}

func closeEndsReading(t *testing.T, attach func() driver.Space) {
	gone := attach()
	m, other := rwmutex(t, gone), rwmutex(t, attach())
	end, again := rlock(t, m), rlock(t, m)
	locked := make(chan driver.Holding)
	go func() {
		h, err := other.Lock(background)
		if err != nil {
			t.Error(err)
		}
		locked <- h
	}()
	untilWaiting(t, gone, 1)
	must(t, gone.Close())
	h := <-locked
	if h.Abandoned() {
		t.Error("a reader has abandoned the lock")
	}
	is(t, end(), driver.ErrClosed)
	is(t, again(), driver.ErrClosed)
	must(t, other.Unlock(h))
}

func closeEndsDraining(t *testing.T, attach func() driver.Space) {
	gone, s := attach(), attach()
	m, other := rwmutex(t, gone), rwmutex(t, s)
	end := rlock(t, other)
	ended := make(chan error)
	go func() {
		_, err := m.Lock(background)
		ended <- err
	}()
	untilWaiting(t, s, 1)
	must(t, gone.Close())
	is(t, <-ended, driver.ErrClosed)
	lock, r, err := other.RLock(background)
	must(t, err)
	if r.Abandoned() {
		t.Error("a writer that only waited has abandoned the lock")
	}
	must(t, lock.Unlock(r))
	must(t, end())
}

func deletedRWMutex(t *testing.T, attach func() driver.Space) {
	s := attach()
	m, writer, late := rwmutex(t, s), rwmutex(t, attach()), rwmutex(t, attach())
	end := rlock(t, m)
	ended := make(chan error)
	go func() {
		_, err := writer.Lock(background)
		ended <- err
	}()
	untilWaiting(t, s, 1)
	go func() {
		_, _, err := late.RLock(background)
		ended <- err
	}()
	untilWaiting(t, s, 2)
	must(t, s.Delete(background, "rw"))
	is(t, <-ended, driver.ErrClosed)
	is(t, <-ended, driver.ErrClosed)
	must(t, end())
	is(t, end(), driver.ErrNotHeld)
	_, err := m.Lock(background)
	is(t, err, driver.ErrClosed)
	_, err = m.TryLock()
	is(t, err, driver.ErrClosed)
	_, _, err = m.TryRLock()
	is(t, err, driver.ErrClosed)
	again := rwmutex(t, s)
	h, err := again.TryLock()
	must(t, err)
	must(t, s.Delete(background, "rw"))
	must(t, again.Unlock(h))
}

func rwmutexStats(t *testing.T, attach func() driver.Space) {
	s := attach()
	m, other := rwmutex(t, s), rwmutex(t, attach())
	expect := func(when string, want int) {
		t.Helper()
		stats, err := s.Stats(background)
		must(t, err)
		n := 0
		for _, p := range stats.Processes {
			if slices.Contains(p.Holds, "rw") {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d processes hold the lock, want %d", when, n, want)
		}
	}
	expect("at first", 0)
	one, two, three := rlock(t, m), rlock(t, m), rlock(t, other)
	expect("two processes read", 2)
	must(t, one())
	must(t, three())
	expect("one process reads", 1)
	must(t, two())
	expect("nobody reads", 0)
	h, err := other.Lock(background)
	must(t, err)
	expect("one writes", 1)
	must(t, other.Unlock(h))
	expect("at last", 0)
}
