//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["condition"] = condition }

// condition waits for a condition, and says when it does, and when it was signalled.
func condition(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	name := hear()
	m, err := ipc.OpenMutex(background, s, name+"'s lock")
	if err != nil {
		return err
	}
	c, err := ipc.OpenCond(background, s, name)
	if err != nil {
		return err
	}
	for {
		g, err := m.Lock(background)
		if err != nil {
			return err
		}
		say("waiting")
		if err := c.Wait(background, &g); err != nil {
			return err
		}
		if err := g.Unlock(); err != nil {
			return err
		}
		say("signalled")
		hear()
	}
}

// A meeting is a condition and its lock.
type meeting struct {
	t    testing.TB
	name string
	lock *ipc.Mutex
	cond *ipc.Cond
}

func openMeeting(t testing.TB, name string) *meeting {
	t.Helper()
	lock := openMutex(t, name+"'s lock")
	c, err := ipc.OpenCond(background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, name) })
	return &meeting{t, name, lock, c}
}

func (m *meeting) hold() ipc.Guard {
	m.t.Helper()
	g, err := m.lock.Lock(background)
	must(m.t, err)
	return g
}

// waiting has a goroutine wait; it sends what Wait returned.
func (m *meeting) waiting(ctx context.Context) chan error {
	m.t.Helper()
	returned := make(chan error, 1)
	n := waiters(m.t, m.name)
	go func() {
		g, err := m.lock.Lock(background)
		if err == nil {
			err = m.cond.Wait(ctx, &g)
			err = errors.Join(err, g.Unlock())
		}
		returned <- err
	}()
	until(m.t, "one more waits", func() bool { return waiters(m.t, m.name) == n+1 })
	return returned
}

// process has another process wait.
func (m *meeting) process() *child {
	m.t.Helper()
	n := waiters(m.t, m.name)
	c := start(m.t, "condition")
	c.tell("%s", m.name)
	c.expect("waiting")
	until(m.t, "one more waits", func() bool { return waiters(m.t, m.name) == n+1 })
	return c
}

func TestCond_signalsTheOneWhoHasWaitedLongest(t *testing.T) {
	m := openMeeting(t, "first come")
	a := m.process()
	b := m.waiting(background)
	c := m.process()
	must(t, m.cond.Signal(background))
	a.expect("signalled")
	must(t, m.cond.Signal(background))
	must(t, <-b)
	if n := waiters(t, m.name); n != 1 {
		t.Errorf("%d wait after two signals for three", n)
	}
	must(t, m.cond.Signal(background))
	c.expect("signalled")
	must(t, m.cond.Signal(background)) // nobody waits, and so nobody is let go later
	d := m.waiting(background)
	if n := waiters(t, m.name); n != 1 {
		t.Errorf("%d wait", n)
	}
	must(t, m.cond.Signal(background))
	must(t, <-d)
	must(t, family(t).Check(background))
}

func TestCond_broadcastLetsAllProcessesGoOn(t *testing.T) {
	m := openMeeting(t, "all")
	children := []*child{m.process(), m.process()}
	var here []chan error
	for range 5 {
		here = append(here, m.waiting(background))
	}
	must(t, m.cond.Broadcast(background))
	for _, c := range children {
		c.expect("signalled")
	}
	for _, c := range here {
		must(t, <-c)
	}
	later := m.waiting(background) // the broadcast is over
	must(t, m.cond.Signal(background))
	must(t, <-later)
}

func TestCond_aSignalOfOneThatDiesGoesToAnother(t *testing.T) {
	m := openMeeting(t, "heirs")
	for range 5 {
		dies := m.process()
		heir := m.waiting(background)
		g := m.hold() // so that the one that is signalled cannot return
		must(t, m.cond.Signal(background))
		until(t, "the signalled one waits for the lock", func() bool { return waiters(t, m.name+"'s lock") == 1 })
		dies.kill()
		until(t, "the death is noticed", func() bool { return waiters(t, m.name+"'s lock") == 1 && waiters(t, m.name) == 0 })
		must(t, g.Unlock())
		must(t, <-heir)
		must(t, m.cond.Signal(background)) // used up: nobody waits
		if n := waiters(t, m.name); n != 0 {
			t.Errorf("%d wait", n)
		}
	}
	must(t, family(t).Check(background))
}

func TestCond_aSignalOfTheDeadIsNotKeptForWhoComesLater(t *testing.T) {
	m := openMeeting(t, "no heirs")
	dies := m.process()
	g := m.hold()
	must(t, m.cond.Signal(background))
	until(t, "the signalled one waits for the lock", func() bool { return waiters(t, m.name+"'s lock") == 1 })
	dies.kill()
	until(t, "the death is noticed", func() bool { return !inSpace(t, dies.cmd.Process.Pid) })
	must(t, g.Unlock())
	ctx, cancel := context.WithCancel(background)
	later := m.waiting(ctx)
	another := m.waiting(ctx)
	for range 20 { // each Stats is a sweep, and has had the chance to wake one
		if n := waiters(t, m.name); n != 2 {
			t.Fatalf("%d wait, not 2", n)
		}
	}
	cancel()
	for _, c := range []chan error{later, another} {
		if err := <-c; !errors.Is(err, context.Canceled) {
			t.Errorf("Wait returned %v", err)
		}
	}
	must(t, family(t).Check(background))
}

// inSpace reports whether the space knows of a process.
func inSpace(t testing.TB, pid int) bool {
	t.Helper()
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, p := range stats.Processes {
		if p.PID == pid {
			return true
		}
	}
	return false
}

func TestCond_aStoppedWaiterKeepsItsSignalAndHoldsNobodyUp(t *testing.T) {
	m := openMeeting(t, "stopped waiter")
	stopped := m.process()
	stopped.signal(syscall.SIGSTOP)
	here := m.waiting(background)
	must(t, m.cond.Signal(background)) // the stopped one's
	must(t, m.cond.Signal(background))
	must(t, <-here)
	must(t, m.cond.Broadcast(background))
	stopped.signal(syscall.SIGCONT)
	stopped.expect("signalled")
}

func TestCond_aDeadWaiterHoldsNobodyUp(t *testing.T) {
	m := openMeeting(t, "dead waiter")
	dead := m.process()
	here := m.waiting(background)
	dead.kill()
	must(t, m.cond.Signal(background)) // the dead one's, if nobody has noticed
	must(t, <-here)
	must(t, m.cond.Broadcast(background))
}

func TestCond_waitEndsWithItsContextHoldingTheLock(t *testing.T) {
	m := openMeeting(t, "contexts end")
	first := m.hold()
	g := first
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	if err := m.cond.Wait(ctx, &g); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait returned %v", err)
	}
	if err := first.Unlock(); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("Unlock of the holding before Wait: %v", err)
	}
	if g.Token() <= first.Token() {
		t.Errorf("tokens %d, then %d", first.Token(), g.Token())
	}
	if _, err := m.lock.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock after Wait: %v", err)
	}
	must(t, g.Unlock())
	must(t, m.cond.Signal(background)) // nobody waits any more
	if n := waiters(t, m.name); n != 0 {
		t.Errorf("%d wait", n)
	}
}

// A context may end while a signal comes: the signal then goes to another, or this
// Wait returns nil, but it is not lost.
func TestCond_losesNoSignalToAContext(t *testing.T) {
	m := openMeeting(t, "signal or context")
	for range 200 {
		ctx, cancel := context.WithCancel(background)
		ends := m.waiting(ctx)
		stays := m.waiting(background)
		var all sync.WaitGroup
		all.Go(cancel)
		must(t, m.cond.Signal(background))
		all.Wait()
		switch err := <-ends; {
		case err == nil: // the signal was its
			must(t, m.cond.Signal(background))
		case !errors.Is(err, context.Canceled):
			t.Fatal(err)
		}
		must(t, <-stays)
	}
}

func TestCond_waitWithoutTheLockIsErrNotHeld(t *testing.T) {
	m := openMeeting(t, "not held")
	ended := m.hold()
	must(t, ended.Unlock())
	held := m.hold()
	for _, g := range []*ipc.Guard{{}, nil, &ended} {
		if err := m.cond.Wait(background, g); !errors.Is(err, ipc.ErrNotHeld) {
			t.Errorf("Wait: %v", err)
		}
	}
	for _, g := range []*ipc.Guard{{}, nil} {
		called := false
		if err := m.cond.WaitFor(background, g, func() bool { called = true; return true }); !errors.Is(err, ipc.ErrNotHeld) || called {
			t.Errorf("WaitFor: %v, called: %v", err, called)
		}
	}
	if _, err := m.lock.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("what was not its own is unlocked: %v", err)
	}
	must(t, held.Unlock())
	if n := waiters(t, m.name); n != 0 {
		t.Errorf("%d wait", n)
	}
}

func TestCond_deletedWhileSomebodyWaits(t *testing.T) {
	m := openMeeting(t, "goes away")
	other := m.process()
	here := m.waiting(background)
	must(t, family(t).Delete(background, m.name))
	if err := <-here; !errors.Is(err, ipc.ErrClosed) || !strings.Contains(err.Error(), `cond "goes away"`) {
		t.Errorf("Wait returned %v", err) // and it held the lock: unlocking it was no error
	}
	if said := other.hear(); !strings.Contains(said, "ipc: closed") {
		t.Errorf("the other process says %q", said)
	}
	g := m.hold()
	before := g
	if err := m.cond.Wait(background, &g); !errors.Is(err, ipc.ErrClosed) || g != before {
		t.Errorf("Wait for what is deleted: %v", err)
	}
	must(t, g.Unlock())
	for _, err := range []error{m.cond.Signal(background), m.cond.Broadcast(background)} {
		if !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("signalling what is deleted: %v", err)
		}
	}
	must(t, family(t).Check(background))
}

func TestCond_theLockGoesAwayWhileSomebodyWaits(t *testing.T) {
	m := openMeeting(t, "without a lock")
	returned := make(chan error)
	go func() {
		g, err := m.lock.Lock(background)
		if err == nil {
			err = m.cond.Wait(background, &g)
		}
		if g != (ipc.Guard{}) {
			err = fmt.Errorf("it holds a lock that is gone (%w)", err)
		}
		returned <- err
	}()
	until(t, "it waits", func() bool { return waiters(t, m.name) == 1 })
	must(t, family(t).Delete(background, m.lock.Name()))
	must(t, m.cond.Signal(background))
	if err := <-returned; !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Wait returned %v", err)
	}
	must(t, family(t).Check(background))
}

func TestCond_closingTheSpaceEndsWaits(t *testing.T) {
	path := t.TempDir() + "/space"
	gone, stays := openSpace(t, path, ipc.SpaceConfig{}), openSpace(t, path, ipc.SpaceConfig{})
	lock, err := ipc.OpenMutex(background, gone, "lock")
	must(t, err)
	elsewhere := openMutex(t, "in another space")
	c, err := ipc.OpenCond(background, gone, "cond")
	must(t, err)
	returned := make(chan error, 2)
	for _, m := range []*ipc.Mutex{lock, elsewhere} {
		go func() {
			g, err := m.Lock(background)
			if err == nil {
				err = c.Wait(background, &g)
			}
			if m == elsewhere {
				err = errors.Join(err, g.Unlock())
			} else if g != (ipc.Guard{}) {
				err = errors.New("it holds a lock of a closed space")
			}
			returned <- err
		}()
	}
	until(t, "two wait", func() bool {
		stats, err := stays.Stats(background)
		must(t, err)
		for _, o := range stats.Objects {
			if o.Name == "cond" {
				return o.Waiters == 2
			}
		}
		return false
	})
	must(t, gone.Close())
	for range 2 {
		if err := <-returned; !errors.Is(err, ipc.ErrClosed) || errors.Is(err, ipc.ErrNotHeld) {
			t.Errorf("Wait returned %v", err)
		}
	}
	must(t, stays.Check(background))
}

func TestCond_aThousandGoroutinesThatWaitUseFewThreads(t *testing.T) {
	m := openMeeting(t, "crowded")
	const crowd = 1000
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			g, err := m.lock.Lock(background)
			if err == nil {
				err = m.cond.Wait(background, &g)
			}
			if err == nil {
				err = g.Unlock()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all wait", func() bool { return waiters(t, m.name) == crowd })
	if n := threads(t); n > 200 {
		t.Errorf("%d threads", n)
	}
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, p := range stats.Processes {
		if p.PID == syscall.Getpid() && strings.Count(strings.Join(p.Waits, "\n"), m.name) != 1 {
			t.Errorf("the process waits for %q", p.Waits)
		}
	}
	began := time.Now()
	for range crowd / 2 {
		must(t, m.cond.Signal(background))
	}
	must(t, m.cond.Broadcast(background))
	all.Wait()
	t.Logf("%d signals and a broadcast for %d: all went on within %v", crowd/2, crowd, time.Since(began))
	must(t, family(t).Check(background))
}

// The plain variable is what the race detector looks at.
func TestCond_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	m := openMeeting(t, "ordered")
	said := ""
	go func() {
		g := m.hold()
		said = "it"
		g.Unlock()
		m.cond.Signal(background)
	}()
	g := m.hold()
	must(t, m.cond.WaitFor(background, &g, func() bool { return said != "" }))
	must(t, g.Unlock())
	if said != "it" {
		t.Error("what came before Signal is not seen after Wait")
	}
}

func TestCond_travels(t *testing.T) {
	m := openMeeting(t, "travelling")
	data, err := m.cond.MarshalBinary()
	must(t, err)
	var same ipc.Cond
	must(t, same.UnmarshalBinary(data))
	here := m.waiting(background)
	must(t, same.Signal(background))
	must(t, <-here)
	if err := new(ipc.Mutex).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("a condition's handle received as a mutex: %v", err)
	}
}
