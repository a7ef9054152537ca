//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func TestSemaphore_permitsOfTheDeadComeBack(t *testing.T) {
	m := openSemaphore(t, "dead", 3)
	c := startHolder(t, m)
	c.tell("acquire 2")
	c.expect("acquire 2: <nil>")
	if err := m.TryAcquire(background, 2); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryAcquire while another has them: %v", err)
	}
	taken := make(chan error)
	go func() { taken <- m.Acquire(background, 3) }()
	until(t, "the goroutine waits", func() bool { return waiters(t, "dead") == 1 })
	killed := time.Now()
	c.kill()
	must(t, <-taken)
	t.Logf("all permits were there %v after the kill", time.Since(killed))
	must(t, m.Release(background, 3))
	available(t, m, 3)
	must(t, family(t).Check(background))
}

func TestSemaphore_tryAcquireTakesPermitsOfTheDead(t *testing.T) {
	m := openSemaphore(t, "tried", 2)
	c := startHolder(t, m)
	c.tell("acquire 2")
	c.expect("acquire 2: <nil>")
	c.kill()
	must(t, m.TryAcquire(background, 2))
	must(t, m.Release(background, 2))
}

// Processes are killed wherever they are, most of them amid Acquire or Release.
func TestSemaphore_permitsComeBackWhereverTheirHolderIsKilled(t *testing.T) {
	const permits, rounds = 3, 60
	m := openSemaphore(t, "anywhere", permits)
	defer family(t).Delete(background, "anywhere out")
	for i := range rounds {
		c := startStream(t, "anywhere", permits, permits, 0, uint64(i))
		must(t, m.Acquire(background, permits)) // beside it
		must(t, m.Release(background, permits))
		c.kill()
		must(t, m.Acquire(background, permits)) // after it
		must(t, m.Release(background, permits))
		out, err := ipc.OpenInt64(background, family(t), "anywhere out")
		must(t, err)
		must(t, out.Store(background, 0)) // whoever was killed may not have come to that
	}
	available(t, m, permits)
	must(t, family(t).Check(background))
}

func TestSemaphore_neverGivesOutMoreThanItsPermits(t *testing.T) {
	const permits = 5
	m := openSemaphore(t, "exact", permits)
	out, err := ipc.OpenInt64(background, family(t), "exact out")
	must(t, err)
	defer family(t).Delete(background, "exact out")
	var streams []*child
	for i := range 3 {
		streams = append(streams, startStream(t, "exact", permits, permits-i, 0, uint64(i)))
	}
	for i := range 2000 {
		must(t, takeSome(m, out, 1+i%permits, permits, 0))
	}
	for _, c := range streams { // all, before one that is killed leaves its count in out
		c.tell("end")
		c.expect("all is well")
	}
	for _, c := range streams {
		c.kill()
	}
	must(t, m.TryAcquire(background, permits)) // all are back
}

func TestSemaphore_bigRequestsAreNotStarvedBySmallOnes(t *testing.T) {
	const permits = 4
	m := openSemaphore(t, "stream", permits)
	defer family(t).Delete(background, "stream out")
	for i := range 3 { // six goroutines for four permits: those are never all free
		startStream(t, "stream", permits, 1, 500, uint64(i))
	}
	longest := time.Duration(0)
	for range 100 {
		began := time.Now()
		must(t, m.Acquire(background, permits))
		longest = max(longest, time.Since(began))
		must(t, m.Release(background, permits))
	}
	t.Logf("all %d permits were had within %v, beside six goroutines that take one each time", permits, longest)
}

func TestSemaphore_oneStoppedWhileItWaitsKeepsNobodyOut(t *testing.T) {
	m := openSemaphore(t, "stopped waiter", 2)
	must(t, m.Acquire(background, 1))
	c := startHolder(t, m)
	c.tell("acquire 2")
	until(t, "it waits", func() bool { return waiters(t, "stopped waiter") == 1 })
	until(t, "it has the turn", func() bool {
		if err := m.TryAcquire(background, 1); err == nil {
			must(t, m.Release(background, 1))
			return false
		}
		return true
	})
	c.signal(syscall.SIGSTOP)
	stopped := time.Now()
	must(t, m.Acquire(background, 1))
	t.Logf("another went ahead %v after the stop", time.Since(stopped))
	must(t, m.Release(background, 2))
	must(t, m.TryAcquire(background, 2))
	c.signal(syscall.SIGCONT)
	must(t, m.Release(background, 2))
	c.expect("acquire 2: <nil>")
	c.tell("release 2")
	c.expect("release 2: <nil>")
	available(t, m, 2)
}

func TestSemaphore_oneStoppedWhileItWaitsKeepsNobodyFromTrying(t *testing.T) {
	m := openSemaphore(t, "stopped, tried", 2)
	must(t, m.Acquire(background, 1))
	c := startHolder(t, m)
	c.tell("acquire 2")
	until(t, "it has the turn", func() bool {
		if err := m.TryAcquire(background, 1); err == nil {
			must(t, m.Release(background, 1))
			return false
		}
		return true
	})
	c.signal(syscall.SIGSTOP)
	until(t, "TryAcquire goes ahead of it", func() bool { return m.TryAcquire(background, 1) == nil })
	must(t, m.Release(background, 2))
	c.signal(syscall.SIGCONT)
	c.expect("acquire 2: <nil>")
}

func TestSemaphore_waitsForStoppedHolder(t *testing.T) {
	m := openSemaphore(t, "stopped holder", 1)
	c := startHolder(t, m)
	c.tell("acquire 1")
	c.expect("acquire 1: <nil>")
	c.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond) // some looks
	defer cancel()
	if err := m.Acquire(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Acquire while the holder is stopped: %v", err)
	}
	c.signal(syscall.SIGCONT)
	c.tell("release 1")
	c.expect("release 1: <nil>")
	must(t, m.Acquire(background, 1))
	must(t, m.Release(background, 1))
}

func TestSemaphore_closingItsSpaceGivesPermitsBack(t *testing.T) {
	name := t.TempDir() + "/space"
	open := func() (*ipc.Space, *ipc.Semaphore) {
		s, err := ipc.Open(background, name, ipc.SpaceConfig{MaxBytes: 1 << 20})
		must(t, err)
		m, err := ipc.OpenSemaphore(background, s, "s", 2)
		must(t, err)
		return s, m
	}
	here, mine := open()
	defer here.Close()
	other, theirs := open()
	must(t, theirs.Acquire(background, 2))
	taken := make(chan error)
	go func() { taken <- mine.Acquire(background, 2) }()
	must(t, other.Close())
	must(t, <-taken)
	for _, err := range []error{theirs.Acquire(background, 1), theirs.TryAcquire(background, 1), theirs.Release(background, 1)} {
		if !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	must(t, here.Check(background))
}

func TestSemaphore_saysWhatIsWrong(t *testing.T) {
	m := openSemaphore(t, "wrong", 2)
	for _, n := range []int{-1, 0, 3} {
		for _, err := range []error{m.Acquire(background, n), m.TryAcquire(background, n), m.Release(background, n)} {
			if !errors.Is(err, ipc.ErrRange) {
				t.Errorf("%d permits: %v", n, err)
			}
		}
		if n < 1 {
			if _, err := ipc.OpenSemaphore(background, family(t), "other", n); !errors.Is(err, ipc.ErrRange) {
				t.Errorf("a semaphore with %d permits: %v", n, err)
			}
		}
	}
	c := startHolder(t, m)
	c.tell("acquire 1")
	c.expect("acquire 1: <nil>")
	must(t, m.Acquire(background, 1))
	err := m.Release(background, 2) // one of them is the other's
	if !errors.Is(err, ipc.ErrNotHeld) || !strings.HasPrefix(err.Error(), `release semaphore "wrong": `) {
		t.Errorf("Release of more than this process has: %v", err)
	}
	available(t, m, 0)
	_, err = ipc.OpenSemaphore(background, family(t), "wrong", 5)
	if !errors.Is(err, ipc.ErrMismatch) || !strings.Contains(err.Error(), "2 permits, not 5") {
		t.Errorf("opened with another number of permits: %v", err)
	}
	if err := new(ipc.Mutex).UnmarshalBinary(must1(t)(m.MarshalBinary())); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("a semaphore's handle received as a mutex: %v", err)
	}
	waiting := make(chan error)
	go func() { waiting <- m.Acquire(background, 2) }()
	until(t, "it waits", func() bool { return waiters(t, "wrong") == 1 })
	must(t, family(t).Delete(background, "wrong"))
	if err := <-waiting; !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("a wait for what is deleted ends in %v", err)
	}
	if _, err := m.Available(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Available of what is deleted: %v", err)
	}
	must(t, m.Release(background, 1))
}

func must1(t testing.TB) func([]byte, error) []byte {
	return func(data []byte, err error) []byte {
		t.Helper()
		must(t, err)
		return data
	}
}

func TestSemaphore_tellsWhoHasPermitsAndWhoWaits(t *testing.T) {
	m := openSemaphore(t, "told permits", 5)
	c := startHolder(t, m)
	c.tell("acquire 3")
	c.expect("acquire 3: <nil>")
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	go func() { ended <- m.Acquire(ctx, 4) }()
	until(t, "Stats tells of both", func() bool {
		stats, err := family(t).Stats(background)
		must(t, err)
		holds, waits := false, false
		for _, p := range stats.Processes {
			for _, name := range p.Holds {
				holds = holds || name == "told permits" && p.PID == c.cmd.Process.Pid
			}
			for _, name := range p.Waits {
				waits = waits || name == "told permits" && p.PID == syscall.Getpid()
			}
		}
		for _, o := range stats.Objects {
			if o.Name == "told permits" && (o.Kind != "semaphore" || o.Len != 3 || o.Cap != 5 || o.Holder != 0) {
				t.Fatalf("Stats has %+v", o)
			}
		}
		return holds && waits
	})
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSemaphore_endsWaitsByContextWithoutLosingTheWake(t *testing.T) {
	m := openSemaphore(t, "contexts of permits", 2)
	for range 200 {
		must(t, m.Acquire(background, 2))
		ctx, cancel := context.WithCancel(background)
		var all sync.WaitGroup
		all.Go(func() {
			if err := m.Acquire(ctx, 2); err == nil {
				m.Release(background, 2)
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		for range 2 {
			all.Go(func() {
				if err := errors.Join(m.Acquire(background, 1), m.Release(background, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(cancel)
		must(t, m.Release(background, 2))
		all.Wait()
	}
	available(t, m, 2)
}

// The plain variable is what the race detector looks at.
func TestSemaphore_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	m := openSemaphore(t, "race of permits", 2)
	sum := 0
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				if err := m.Acquire(background, 2); err != nil {
					t.Error(err)
					return
				}
				sum++
				m.Release(background, 2)
			}
		})
	}
	all.Wait()
	if sum != 4000 {
		t.Errorf("the sum is %d", sum)
	}
}
