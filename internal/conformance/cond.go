package conformance

import (
	"context"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var condTests = tests{
	"a condition signals one, in the order of their coming": condSignals,
	"a condition's broadcast lets all go on who wait":       condBroadcasts,
	"a context ends a wait for a condition":                 condContext,
	"a wait without the lock is no wait":                    condNotHeld,
	"a closed space's signal goes to another":               condClosed,
	"a deleted condition ends waits":                        condDeleted,
}

// A waiter is one process's hold of the condition and its lock.
type waiter struct {
	t    *testing.T
	s    driver.Space
	lock driver.Mutex
	cond driver.Cond
}

func attachWaiter(t *testing.T, s driver.Space) *waiter {
	t.Helper()
	c, err := s.OpenCond(background, named("c"))
	must(t, err)
	return &waiter{t, s, mutex(t, s, "m"), c}
}

// wait has a goroutine wait, and returns once it does; then it unlocks and says what
// Wait returned.
func (w *waiter) wait(ctx context.Context) (returned chan error) {
	w.t.Helper()
	returned = make(chan error, 1)
	n := w.waiting()
	go func() {
		h, err := w.lock.Lock(background)
		if err == nil {
			h, err = w.cond.Wait(ctx, w.lock, h)
		}
		if unlock := w.lock.Unlock(h); err == nil {
			err = unlock
		}
		returned <- err
	}()
	for w.waiting() == n { // the test's own time bound is the hang detector
	}
	return returned
}

func (w *waiter) waiting() int {
	w.t.Helper()
	stats, err := w.s.Stats(background)
	must(w.t, err)
	for _, o := range stats.Objects {
		if o.Name == "c" {
			return o.Waiters
		}
	}
	return 0
}

func condSignals(t *testing.T, attach func() driver.Space) {
	one, two := attachWaiter(t, attach()), attachWaiter(t, attach())
	must(t, one.cond.Signal(background)) // for nobody
	first, second, third := one.wait(background), two.wait(background), one.wait(background)
	for _, next := range []chan error{first, second, third} {
		must(t, two.cond.Signal(background))
		must(t, <-next)
	}
	if n := one.waiting(); n != 0 {
		t.Errorf("%d wait", n)
	}
}

func condBroadcasts(t *testing.T, attach func() driver.Space) {
	one, two := attachWaiter(t, attach()), attachWaiter(t, attach())
	var all []chan error
	for range 10 {
		all = append(all, one.wait(background), two.wait(background))
	}
	must(t, two.cond.Broadcast(background))
	for _, next := range all {
		must(t, <-next)
	}
	ctx, cancel := context.WithCancel(background)
	later := two.wait(ctx)
	cancel()
	is(t, <-later, context.Canceled)
}

func condContext(t *testing.T, attach func() driver.Space) {
	w := attachWaiter(t, attach())
	h, err := w.lock.Lock(background)
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	cancel()
	again, err := w.cond.Wait(ctx, w.lock, h)
	is(t, err, context.Canceled)
	is(t, w.lock.Unlock(h), driver.ErrNotHeld)
	must(t, w.lock.Unlock(again))
}

func condNotHeld(t *testing.T, attach func() driver.Space) {
	w, other := attachWaiter(t, attach()), attachWaiter(t, attach())
	waits := other.wait(background)
	h, err := w.lock.Lock(background)
	must(t, err)
	must(t, w.lock.Unlock(h))
	same, err := w.cond.Wait(background, w.lock, h)
	is(t, err, driver.ErrNotHeld)
	if same != h {
		t.Error("another holding")
	}
	must(t, w.cond.Signal(background))
	must(t, <-waits)
}

func condClosed(t *testing.T, attach func() driver.Space) {
	gone, stays := attachWaiter(t, attach()), attachWaiter(t, attach())
	first, second := gone.wait(background), stays.wait(background)
	h, err := stays.lock.Lock(background) // so that the first cannot return
	must(t, err)
	must(t, stays.cond.Signal(background))
	must(t, gone.s.Close())
	is(t, <-first, driver.ErrClosed)
	must(t, stays.lock.Unlock(h))
	must(t, <-second)
}

func condDeleted(t *testing.T, attach func() driver.Space) {
	w, other := attachWaiter(t, attach()), attachWaiter(t, attach())
	first, second := w.wait(background), other.wait(background)
	must(t, other.s.Delete(background, "c"))
	is(t, <-first, driver.ErrClosed)
	is(t, <-second, driver.ErrClosed)
	is(t, w.cond.Signal(background), driver.ErrClosed)
	is(t, w.cond.Broadcast(background), driver.ErrClosed)
}
