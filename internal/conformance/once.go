package conformance

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var onceTests = tests{
	"work is done once":                  onceDone,
	"work that failed is the next one's": onceFails,
	"a closed space leaves its work":     onceClosed,
	"a deleted once ends waits":          onceDeleted,
}

func once(t *testing.T, s driver.Space) driver.Once {
	t.Helper()
	o, err := s.OpenOnce(background, named("o"))
	must(t, err)
	return o
}

func onceDone(t *testing.T, attach func() driver.Space) {
	var times atomic.Int32 // the race detector does not see what orders those of different spaces
	var all sync.WaitGroup
	for range 4 {
		o := once(t, attach())
		for range 3 {
			all.Go(func() {
				work, done, err := o.Begin(background)
				if err == nil && !done {
					times.Add(1)
					err = o.End(work, true)
				}
				if err != nil || times.Load() != 1 {
					t.Errorf("done %d times (%v)", times.Load(), err)
				}
			})
		}
	}
	all.Wait()
	if done, err := once(t, attach()).Done(background); !done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
}

// begins has o's work begun, which nobody has begun or done.
func begins(t *testing.T, o driver.Once) driver.Holding {
	t.Helper()
	work, done, err := o.Begin(background)
	must(t, err)
	if done {
		t.Fatal("the work is done")
	}
	return work
}

func onceFails(t *testing.T, attach func() driver.Space) {
	one, two := once(t, attach()), once(t, attach())
	work := begins(t, one)
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, _, err := two.Begin(ctx)
	is(t, err, context.Canceled)
	must(t, one.End(work, false))
	if done, err := one.Done(background); done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
	must(t, two.End(begins(t, two), true))
	if _, done, err := one.Begin(background); !done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
}

func onceClosed(t *testing.T, attach func() driver.Space) {
	gone := attach()
	one, two := once(t, gone), once(t, attach())
	work := begins(t, one)
	must(t, gone.Close())
	is(t, one.End(work, true), driver.ErrClosed)
	must(t, two.End(begins(t, two), true))
	_, err := one.Done(background)
	is(t, err, driver.ErrClosed)
}

func onceDeleted(t *testing.T, attach func() driver.Space) {
	one, two := once(t, attach()), once(t, attach())
	work := begins(t, one)
	ended := make(chan error)
	go func() {
		_, _, err := two.Begin(background)
		ended <- err
	}()
	must(t, attach().Delete(background, "o"))
	is(t, <-ended, driver.ErrClosed)
	is(t, one.End(work, true), driver.ErrClosed)
	_, err := one.Done(background)
	is(t, err, driver.ErrClosed)
}
