//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func openMutex(t testing.TB, name string) *ipc.Mutex {
	t.Helper()
	m, err := ipc.OpenMutex(background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, m.Name()) })
	return m
}

// until looks until true holds.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !true(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("for 30 s it was not so that %s", what)
		}
	}
}

// waiters is how many goroutines of all processes wait for the object.
func waiters(t testing.TB, name string) int {
	t.Helper()
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, o := range stats.Objects {
		if o.Name == name {
			return o.Waiters
		}
	}
	return -1
}

func TestMutex_passesOnWhenHolderIsKilled(t *testing.T) {
	m := openMutex(t, "killed")
	c := start(t, "locker")
	c.tell("lock killed")
	c.expect("locked false")
	locked := make(chan ipc.Guard)
	go func() {
		g, err := m.Lock(background)
		if err != nil {
			t.Error(err)
		}
		locked <- g
	}()
	until(t, "the goroutine waits", func() bool { return waiters(t, "killed") == 1 })
	killed := time.Now()
	c.kill()
	g := <-locked
	t.Logf("the next had the lock %v after the kill", time.Since(killed))
	if !g.Abandoned() {
		t.Error("the guard does not say that the lock was abandoned")
	}
	must(t, g.Unlock())
	g, err := m.Lock(background)
	must(t, err)
	if g.Abandoned() {
		t.Error("the lock is still abandoned after an Unlock")
	}
	must(t, g.Unlock())
	must(t, family(t).Check(background))
}

func TestMutex_waitsForStoppedHolder(t *testing.T) {
	m := openMutex(t, "stopped")
	c := start(t, "locker")
	c.tell("lock stopped")
	c.expect("locked false")
	c.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond) // five looks
	defer cancel()
	if _, err := m.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Lock while the holder is stopped: %v", err)
	}
	if pid, _, err := m.Holder(background); pid != c.cmd.Process.Pid || err != nil {
		t.Errorf("Holder is %d (%v), not %d", pid, err, c.cmd.Process.Pid)
	}
	c.signal(syscall.SIGCONT)
	c.tell("unlock stopped")
	c.expect("unlocked")
	g, err := m.Lock(background)
	must(t, err)
	if g.Abandoned() {
		t.Error("a lock that was unlocked says that it was abandoned")
	}
	must(t, g.Unlock())
}

func TestMutex_isFreeWhenItsHolderEndsWithoutUnlocking(t *testing.T) {
	m := openMutex(t, "forgotten")
	c := start(t, "locker")
	c.tell("lock forgotten")
	c.expect("locked false")
	c.in.Close()
	c.wait()
	g, err := m.TryLock(background)
	must(t, err)
	if !g.Abandoned() {
		t.Error("the lock was not abandoned")
	}
	must(t, g.Unlock())
}

func TestMutex_tellsWhoHoldsAndWhoWaits(t *testing.T) {
	m := openMutex(t, "told")
	g, err := m.Lock(background)
	must(t, err)
	c := start(t, "locker")
	c.tell("lock told")
	var stats ipc.SpaceStats
	until(t, "Stats tells of holder and waiter", func() bool {
		stats, err = family(t).Stats(background)
		must(t, err)
		me, other := false, false
		for _, p := range stats.Processes {
			me = me || p.PID == syscall.Getpid() && slices.Contains(p.Holds, "told")
			other = other || p.PID == c.cmd.Process.Pid && slices.Contains(p.Waits, "told")
		}
		return me && other
	})
	for _, o := range stats.Objects {
		if o.Name == "told" && (o.Kind != "mutex" || o.Holder != syscall.Getpid() || o.Waiters != 1) {
			t.Errorf("Stats has %+v", o)
		}
	}
	pid, since, err := m.Holder(background)
	if pid != syscall.Getpid() || err != nil || time.Since(since) < 0 || time.Since(since) > time.Hour {
		t.Errorf("Holder is %d since %v (%v)", pid, since, err)
	}
	must(t, g.Unlock())
	c.expect("locked false")
}

func TestMutex_unlocksOnce(t *testing.T) {
	m := openMutex(t, "once")
	again, err := ipc.OpenMutex(background, family(t), "once")
	must(t, err)
	first, err := m.Lock(background)
	must(t, err)
	must(t, first.Unlock())
	second, err := again.Lock(background)
	must(t, err)
	if err := first.Unlock(); !errors.Is(err, ipc.ErrNotHeld) || !strings.Contains(err.Error(), m.Name()) {
		t.Errorf("second Unlock of one holding while there is another: %v", err)
	}
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock: %v", err)
	}
	if second.Token() <= first.Token() {
		t.Errorf("tokens %d, then %d", first.Token(), second.Token())
	}
	must(t, second.Unlock())
	if err := (ipc.Guard{}).Unlock(); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("Unlock of a zero guard: %v", err)
	}
}

func TestMutex_excludesProcesses(t *testing.T) {
	const times, processes = 20_000, 3
	n, err := ipc.OpenInt64(background, family(t), "sum")
	must(t, err)
	defer family(t).Delete(background, "sum")
	openMutex(t, "adders")
	var children []*child
	for range processes {
		c := start(t, "adder")
		c.tell("%d", times)
		children = append(children, c)
	}
	for _, c := range children {
		c.expect("done")
	}
	if v, err := n.Load(background); v != times*processes || err != nil {
		t.Errorf("the sum is %d (%v), not %d", v, err, times*processes)
	}
}

// The plain variable is what the race detector looks at.
func TestMutex_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	m := openMutex(t, "race")
	sum := 0
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 2000 {
				g, err := m.Lock(background)
				if err != nil {
					t.Error(err)
					return
				}
				sum++
				g.Unlock()
			}
		})
	}
	all.Wait()
	if sum != 8000 {
		t.Errorf("the sum is %d", sum)
	}
}

func TestMutex_endsWaitsByContextWithoutLosingTheWake(t *testing.T) {
	m := openMutex(t, "contexts")
	for range 200 {
		g, err := m.Lock(background)
		must(t, err)
		ctx, cancel := context.WithCancel(background)
		var all sync.WaitGroup
		got := make(chan ipc.Guard, 1)
		all.Go(func() {
			if g, err := m.Lock(ctx); err == nil {
				g.Unlock()
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		all.Go(func() {
			g, err := m.Lock(background)
			if err != nil {
				t.Error(err)
			}
			got <- g
		})
		all.Go(cancel)
		must(t, g.Unlock())
		must(t, (<-got).Unlock())
		all.Wait()
	}
}

func TestMutex_tenThousandGoroutinesUseFewThreads(t *testing.T) {
	m := openMutex(t, "crowd")
	g, err := m.Lock(background)
	must(t, err)
	var all sync.WaitGroup
	for range 10_000 {
		all.Go(func() {
			g, err := m.Lock(background)
			if err != nil {
				t.Error(err)
				return
			}
			g.Unlock()
		})
	}
	until(t, "all wait", func() bool { return waiters(t, "crowd") == 10_000 })
	if n := threads(t); n > 200 {
		t.Errorf("%d threads", n)
	}
	must(t, g.Unlock())
	all.Wait()
}

func TestMutex_aGoroutineOnEachOfTenThousandUsesFewThreads(t *testing.T) {
	const objects = 10_000
	var guards []ipc.Guard
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for i := range objects {
		m := openMutex(t, fmt.Sprint("many ", i))
		g, err := m.Lock(background)
		must(t, err)
		guards = append(guards, g)
		all.Go(func() {
			g, err := m.Lock(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			g.Unlock()
		})
	}
	until(t, "all wait", func() bool {
		stats, err := family(t).Stats(background)
		must(t, err)
		n := 0
		for _, o := range stats.Objects {
			n += o.Waiters
		}
		return n == objects
	})
	if n := threads(t); n > 300 {
		t.Errorf("%d threads", n)
	}
	for _, g := range guards {
		must(t, g.Unlock())
	}
	all.Wait()
}

func TestMutex_isALocker(t *testing.T) {
	l := openMutex(t, "locker").Locker()
	l.Lock()
	l.Unlock() //nolint:staticcheck // nothing is to be done in between
	defer func() {
		if recover() == nil {
			t.Error("Unlock of a Locker that is not locked does not panic")
		}
	}()
	l.Unlock()
}
