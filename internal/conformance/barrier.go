package conformance

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var barrierTests = tests{
	"a barrier's rounds give each index once":      barrierRounds,
	"more than the parties make more rounds":       barrierCrowd,
	"a barrier breaks for one who gives up":        barrierGivenUp,
	"an aborted barrier is broken until its reset": barrierAborted,
	"a reset turns away those who wait":            barrierReset,
	"a closed space breaks a barrier":              barrierClosed,
	"a deleted barrier ends waits":                 barrierDeleted,
	"a barrier's parties are right":                barrierParties,
}

func barrier(t *testing.T, s driver.Space, parties int) driver.Barrier {
	t.Helper()
	b, err := s.OpenBarrier(background, named("b"), parties)
	must(t, err)
	return b
}

// waitsAt has a goroutine wait at b, and returns once it is counted.
func waitsAt(ctx context.Context, t *testing.T, b driver.Barrier, counted int) (ended chan error) {
	t.Helper()
	ended = make(chan error, 1)
	go func() {
		_, err := b.Wait(ctx)
		ended <- err
	}()
	for {
		n, err := b.Waiting(background)
		must(t, err)
		if n == counted {
			return ended
		}
	}
}

func barrierRounds(t *testing.T, attach func() driver.Space) {
	const parties, rounds = 5, 200
	var came [rounds][parties]bool
	var all sync.WaitGroup
	for range parties {
		b := barrier(t, attach(), parties)
		all.Go(func() {
			for round := range rounds {
				index, err := b.Wait(background)
				if err != nil || came[round][index] {
					t.Errorf("round %d: %d, %v", round, index, err)
					return
				}
				came[round][index] = true
			}
		})
	}
	all.Wait()
	n, err := barrier(t, attach(), parties).Waiting(background)
	if n != 0 || err != nil {
		t.Errorf("afterwards %d wait (%v)", n, err)
	}
}

func barrierCrowd(t *testing.T, attach func() driver.Space) {
	const parties, rounds = 3, 20
	indexes := make(chan int, parties*rounds)
	for k := range parties {
		b := barrier(t, attach(), parties)
		for range rounds {
			go func() {
				index, err := b.Wait(background)
				if err != nil {
					t.Errorf("party %d: %v", k, err)
				}
				indexes <- index
			}()
		}
	}
	var times [parties]int
	for range parties * rounds {
		times[<-indexes]++
	}
	if times != [parties]int{rounds, rounds, rounds} {
		t.Errorf("indexes came %v times", times)
	}
}

func barrierGivenUp(t *testing.T, attach func() driver.Space) {
	one, two := barrier(t, attach(), 3), barrier(t, attach(), 3)
	ctx, cancel := context.WithCancel(background)
	quits := waitsAt(ctx, t, one, 1)
	stays := waitsAt(background, t, two, 2)
	cancel()
	is(t, <-quits, context.Canceled)
	is(t, <-stays, driver.ErrBroken)
	_, err := one.Wait(background)
	is(t, err, driver.ErrBroken)
	must(t, two.Reset(background))
	quits = waitsAt(background, t, one, 1)
	stays = waitsAt(background, t, one, 2)
	index, err := two.Wait(background)
	if index != 2 || err != nil {
		t.Errorf("after Reset: %d, %v", index, err)
	}
	must(t, <-quits)
	must(t, <-stays)
}

func barrierAborted(t *testing.T, attach func() driver.Space) {
	one, two := barrier(t, attach(), 2), barrier(t, attach(), 2)
	ended := waitsAt(background, t, one, 1)
	must(t, two.Abort(background))
	is(t, <-ended, driver.ErrBroken)
	must(t, two.Abort(background))
	if broken, err := one.Broken(background); !broken || err != nil {
		t.Errorf("%v, %v", broken, err)
	}
	must(t, one.Reset(background))
	if broken, err := two.Broken(background); broken || err != nil {
		t.Errorf("after Reset: %v, %v", broken, err)
	}
}

func barrierReset(t *testing.T, attach func() driver.Space) {
	one, two := barrier(t, attach(), 2), barrier(t, attach(), 2)
	must(t, two.Reset(background))
	ended := waitsAt(background, t, one, 1)
	must(t, two.Reset(background))
	is(t, <-ended, driver.ErrBroken)
	ended = waitsAt(background, t, one, 1)
	_, err := two.Wait(background)
	must(t, err)
	must(t, <-ended)
}

func barrierClosed(t *testing.T, attach func() driver.Space) {
	gone := attach()
	one, two := barrier(t, gone, 3), barrier(t, attach(), 3)
	closed := waitsAt(background, t, one, 1)
	stays := waitsAt(background, t, two, 2)
	must(t, gone.Close())
	is(t, <-closed, driver.ErrClosed)
	is(t, <-stays, driver.ErrBroken)
	_, err := one.Wait(background)
	is(t, err, driver.ErrClosed)
	is(t, one.Abort(background), driver.ErrClosed)
	is(t, one.Reset(background), driver.ErrClosed)
}

func barrierDeleted(t *testing.T, attach func() driver.Space) {
	b := barrier(t, attach(), 2)
	ended := waitsAt(background, t, b, 1)
	must(t, attach().Delete(background, "b"))
	is(t, <-ended, driver.ErrClosed)
	_, err := b.Waiting(background)
	is(t, err, driver.ErrClosed)
}

func barrierParties(t *testing.T, attach func() driver.Space) {
	s := attach()
	for _, parties := range []int{0, -1, 1 << 30} {
		_, err := s.OpenBarrier(background, named("b"), parties)
		is(t, err, driver.ErrRange)
	}
	b := barrier(t, s, 3)
	_, err := attach().OpenBarrier(background, named("b"), 5)
	is(t, err, driver.ErrMismatch)
	if err != nil && !strings.Contains(err.Error(), "3 parties, not 5") {
		t.Errorf("%v does not name both", err)
	}
	same, err := attach().OpenBarrier(background, driver.Which{ID: b.ID()}, 0)
	must(t, err)
	first, second := waitsAt(background, t, b, 1), waitsAt(background, t, same, 2)
	index, err := same.Wait(background)
	if index != 2 || err != nil {
		t.Errorf("%d, %v", index, err)
	}
	must(t, <-first)
	must(t, <-second)
}
