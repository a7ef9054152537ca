//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// What Python's own tests check of a Condition.

func init() { roles["counter"] = counter }

// counter waits, under the condition's lock, until a number is as large as it is
// told, and then makes it one larger.
func counter(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	m, err := ipc.OpenMutex(background, s, "counting's lock")
	if err != nil {
		return err
	}
	c, err := ipc.OpenCond(background, s, "counting")
	if err != nil {
		return err
	}
	n, err := ipc.OpenInt64(background, s, "counted")
	if err != nil {
		return err
	}
	for {
		want, err := strconv.ParseInt(hear(), 10, 64)
		if err != nil {
			return err
		}
		g, err := m.Lock(background)
		if err != nil {
			return err
		}
		err = c.WaitFor(background, &g, func() bool {
			v, err := n.Load(background)
			return err != nil || v >= want
		})
		if err != nil {
			return err
		}
		v, err := n.Add(background, 1)
		if err != nil {
			return err
		}
		if err := c.Broadcast(background); err != nil {
			return err
		}
		if err := g.Unlock(); err != nil {
			return err
		}
		say("%d", v)
	}
}

func TestCond_wakesAsManyAsThereAreSignals(t *testing.T) {
	m := openMeeting(t, "so many")
	const crowd = 7
	woken := make(chan string, crowd)
	for i := range crowd {
		if i%2 == 0 {
			c := m.process()
			go func() { woken <- c.hear() }()
		} else {
			c := m.waiting(background)
			go func() {
				if err := <-c; err != nil {
					woken <- err.Error()
				} else {
					woken <- "signalled"
				}
			}()
		}
	}
	left := crowd
	for _, signals := range []int{1, 2, 3, 4} { // the last ones are more than wait
		for range signals {
			must(t, m.cond.Signal(background))
		}
		for range min(signals, left) {
			if said := <-woken; said != "signalled" {
				t.Error(said)
			}
		}
		left -= min(signals, left)
		if n := waiters(t, m.name); n != left {
			t.Errorf("%d wait, not %d", n, left)
		}
		select {
		case said := <-woken:
			t.Errorf("one more says %q", said)
		default:
		}
	}
}

func TestCond_broadcastFindsThoseWhoHaveNotTimedOut(t *testing.T) {
	m := openMeeting(t, "some time out")
	process, here := m.process(), m.waiting(background)
	for range 3 {
		soon, cancel := context.WithTimeout(background, time.Millisecond)
		defer cancel()
		g := m.hold()
		if err := m.cond.Wait(soon, &g); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait returned %v", err)
		}
		must(t, g.Unlock())
	}
	if n := waiters(t, m.name); n != 2 {
		t.Errorf("%d wait", n)
	}
	must(t, m.cond.Broadcast(background))
	process.expect("signalled")
	must(t, <-here)
}

func TestCond_waitLastsAsLongAsItsTimeOut(t *testing.T) {
	m := openMeeting(t, "time out")
	g := m.hold()
	const timeOut = 50 * time.Millisecond
	began := time.Now()
	soon, cancel := context.WithTimeout(background, timeOut)
	defer cancel()
	if err := m.cond.Wait(soon, &g); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait returned %v", err)
	}
	if took := time.Since(began); took < timeOut {
		t.Errorf("Wait lasted %v", took)
	}
	must(t, g.Unlock())
}

func TestCond_waitForIsDoneWhenAnotherProcessHasChangedIt(t *testing.T) {
	m := openMeeting(t, "counting")
	n, err := ipc.OpenInt64(background, family(t), "counted")
	must(t, err)
	defer family(t).Delete(background, "counted")
	first, second := start(t, "counter"), start(t, "counter")
	first.tell("4")
	second.tell("5") // after the first
	until(t, "both wait", func() bool { return waiters(t, m.name) == 2 })
	for range 4 {
		g := m.hold()
		n.Add(background, 1)
		must(t, m.cond.Broadcast(background))
		must(t, g.Unlock())
	}
	first.expect("5")
	second.expect("6")
	g := m.hold()
	must(t, m.cond.WaitFor(background, &g, func() bool {
		v, err := n.Load(background)
		return err != nil || v == 6
	}))
	must(t, g.Unlock())
}

func TestCond_waitForTimesOutWhileItIsSignalledInVain(t *testing.T) {
	m := openMeeting(t, "in vain")
	soon, cancel := context.WithCancel(background)
	asked := 0
	g := m.hold()
	err := m.cond.WaitFor(soon, &g, func() bool {
		if _, err := m.lock.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
			t.Errorf("ready runs without the lock: %v", err)
		}
		if asked++; asked == 5 {
			cancel()
		} else if asked < 5 {
			go func() {
				g, err := m.lock.Lock(background) // which is free once the other waits
				if err == nil {
					err = errors.Join(m.cond.Signal(background), g.Unlock())
				}
				if err != nil {
					t.Error(err)
				}
			}()
		}
		return false
	})
	if !errors.Is(err, context.Canceled) || asked < 5 {
		t.Errorf("WaitFor returned %v after it had asked %d times", err, asked)
	}
	must(t, g.Unlock())
}

func TestCond_waitForAsksOnceMoreAtTheEnd(t *testing.T) {
	m := openMeeting(t, "at the end")
	ended, cancel := context.WithCancel(background)
	cancel()
	asked := 0
	g := m.hold()
	must(t, m.cond.WaitFor(ended, &g, func() bool { asked++; return asked == 2 }))
	must(t, g.Unlock())
}

func TestCond_waitForKeepsTheLockWhenReadyPanics(t *testing.T) {
	m := openMeeting(t, "panic")
	g := m.hold()
	func() {
		defer func() {
			if cause := recover(); cause != "no" {
				t.Errorf("the panic is %v", cause)
			}
		}()
		m.cond.WaitFor(background, &g, func() bool { panic("no") })
	}()
	must(t, g.Unlock())
}
