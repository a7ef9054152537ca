//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// What Python's own tests (test_multiprocessing, lock_tests) check for Semaphore and
// BoundedSemaphore, in processes where those use processes or threads.

func TestSemaphore_countsDownAndUp(t *testing.T) {
	m := openSemaphore(t, "python's", 2)
	available(t, m, 2)
	must(t, m.Acquire(background, 1))
	available(t, m, 1)
	must(t, m.Acquire(background, 1))
	available(t, m, 0)
	if err := m.TryAcquire(background, 1); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryAcquire of a third permit of two: %v", err)
	}
	must(t, m.Release(background, 1))
	available(t, m, 1)
	must(t, m.Release(background, 1))
	available(t, m, 2)
}

func TestSemaphore_isBounded(t *testing.T) {
	m := openSemaphore(t, "bounded", 3)
	if err := m.Release(background, 1); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("Release of what was not acquired: %v", err)
	}
	must(t, m.Acquire(background, 2))
	must(t, m.Release(background, 2))
	if err := m.Release(background, 1); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("Release of one more than was acquired: %v", err)
	}
	available(t, m, 3)
}

func TestSemaphore_acquireTimesOut(t *testing.T) {
	m := openSemaphore(t, "times out", 1)
	must(t, m.Acquire(background, 1))
	const wait = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(background, wait)
	defer cancel()
	began := time.Now()
	if err := m.Acquire(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire: %v", err)
	}
	if took := time.Since(began); took < wait {
		t.Errorf("it gave up after %v", took)
	}
	must(t, m.Release(background, 1))
	long, end := context.WithTimeout(background, time.Hour)
	defer end()
	must(t, m.Acquire(long, 1)) // a time that is not needed
	must(t, m.Release(background, 1))
}

// Permits go to as many of those who wait as there are, and to no more.
func TestSemaphore_lets7Of10ProcessesGoOn(t *testing.T) {
	const permits, processes = 7, 10
	m := openSemaphore(t, "contended", permits)
	must(t, m.Acquire(background, permits))
	got := make(chan *child, processes)
	for range processes {
		c := startHolder(t, m)
		c.tell("acquire 1")
		go func() {
			if line, err := c.out.ReadString('\n'); err == nil && line == "acquire 1: <nil>\n" {
				got <- c
			}
		}()
	}
	until(t, "all wait", func() bool { return waiters(t, "contended") == processes })
	for n := range permits { // one release, one goes on
		must(t, m.Release(background, 1))
		c := <-got
		defer c.kill()
		if left := waiters(t, "contended"); left != processes-n-1 {
			t.Fatalf("%d wait when %d have their permits", left, n+1)
		}
	}
	available(t, m, 0)
	if len(got) > 0 {
		t.Errorf("%d more have permits", len(got))
	}
}

// One Release of several permits lets as many go on.
func TestSemaphore_releasesSeveralAtOnce(t *testing.T) {
	const permits = 5
	m := openSemaphore(t, "several", permits)
	must(t, m.Acquire(background, permits))
	var all []*child
	for range permits {
		c := startHolder(t, m)
		c.tell("acquire 1")
		all = append(all, c)
	}
	until(t, "all wait", func() bool { return waiters(t, "several") == permits })
	must(t, m.Release(background, permits))
	for _, c := range all {
		c.expect("acquire 1: <nil>")
	}
	if err := m.TryAcquire(background, 1); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryAcquire when all have one: %v", err)
	}
	for _, c := range all {
		c.tell("release 1")
		c.expect("release 1: <nil>")
	}
	available(t, m, permits)
}

// Of many who try at once as many succeed as there are permits.
func TestSemaphore_tryAcquireSucceedsAsOftenAsThereArePermits(t *testing.T) {
	const permits, goroutines = 5, 50
	m := openSemaphore(t, "tries", permits)
	for range 20 {
		var all sync.WaitGroup
		ok := make(chan bool, goroutines)
		for range goroutines {
			all.Go(func() {
				err := m.TryAcquire(background, 1)
				if err != nil && !errors.Is(err, ipc.ErrLocked) {
					t.Error(err)
				}
				ok <- err == nil
			})
		}
		all.Wait()
		n := 0
		for range goroutines {
			if <-ok {
				n++
			}
		}
		if n != permits {
			t.Fatalf("%d succeeded", n)
		}
		must(t, m.Release(background, permits))
	}
}

// As a lock: one permit, many processes and goroutines, and nothing is lost.
func TestSemaphore_withOnePermitExcludesProcesses(t *testing.T) {
	const processes, times = 3, 5000
	openSemaphore(t, "as a lock", 1)
	n, err := ipc.OpenInt64(background, family(t), "as a lock's sum")
	must(t, err)
	defer family(t).Delete(background, "as a lock's sum")
	var all []*child
	for range processes {
		c := start(t, "permit adder")
		c.tell("%d", times)
		all = append(all, c)
	}
	for _, c := range all {
		c.expect("done")
	}
	if v, err := n.Load(background); v != processes*times || err != nil {
		t.Errorf("the sum is %d (%v), not %d", v, err, processes*times)
	}
}
