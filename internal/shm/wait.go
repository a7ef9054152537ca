package shm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// relook is how long a goroutine sleeps at most before it looks again. No wake is
// relied on alone: whoever was to wake us, or was woken in our place, may be
// stopped. A look costs the Go runtime some 0.7 ms of a processor, most of it for
// its own watchman: so who has looked in vain looks less often, down to relookLast,
// or to relookWatched where all who use the object have their deaths told by the
// kernel, so that only those who are stopped can keep a wake back.
const (
	relook        = 100 * time.Millisecond
	relookLast    = 400 * time.Millisecond
	relookWatched = time.Second
)

// wait calls take until it says done or returns an error. It spins a little,
// yields a few times, and then sleeps on the word at off while its low half is
// what take returned. take(true) is called when the caller sleeps next, so that
// take can tell others that somebody sleeps; from the first of these calls on the
// caller is the only goroutine of this process that waits for o like this.
func (o *Object) wait(ctx context.Context, off uint64, take func(sleepNext bool) (low uint32, done bool, err error)) error {
	if done, err := o.spin(take); done || err != nil {
		return err
	}
	o.s.countWaiting(o.attach, 1)
	defer o.s.countWaiting(o.attach, -1)
	if !o.gate.Enter(ctx.Done(), o.s.done) {
		return o.whyNot(ctx)
	}
	defer o.gate.Leave()
	sleep := relook
	for timedOut := false; ; {
		if !timedOut {
			if done, err := o.spin(take); done || err != nil {
				return err
			}
		}
		o.watched = o.watchCompany()
		low, done, err := take(true)
		if done || err != nil {
			return err
		}
		if broken == sleepOnFreshWord {
			low = uint32(o.s.a.Load(off))
		}
		if timedOut = o.s.a.Sleep(off, low, sleep, ctx.Done(), o.s.done); timedOut {
			sleep = min(2*sleep, o.relookLast())
		} else {
			sleep = relook
		}
		if arena.Ended(ctx.Done()) || o.s.closed.Load() {
			if broken != keepWake {
				o.s.a.Wake(off, 1) // it may have been ours
			}
			return o.whyNot(ctx)
		}
	}
}

func (o *Object) relookLast() time.Duration {
	if o.watched {
		return relookWatched
	}
	return relookLast
}

// whyNot is the reason that a wait was given up for.
func (o *Object) whyNot(ctx context.Context) error {
	if o.s.closed.Load() {
		return driver.ErrClosed
	}
	return orCause(ctx, errGaveUp)
}

// orCause returns ctx's error, if err says that the wait was given up for it.
func orCause(ctx context.Context, err error) error {
	if !errors.Is(err, errGaveUp) {
		return err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// A patience is how often a goroutine looks again before it sleeps: some times with
// a pause of a few nanoseconds between, then with the processor given to others.
//
// On two processors a wake through the kernel costs 25 to 50 µs, and what others
// hold is usually free again long before. For an event, set by somebody who is busy
// on the other processor, the pauses are what is quick. For a lock they are not:
// each look takes the lock's cache line from its holder. Giving the processor away
// lets the holder go on, and two processes do twice as much (77 to 93 instead of 36
// to 40 million a second, in three runs each).
type patience struct{ pauses, yields int }

var (
	lockPatience  = patience{0, 16}
	eventPatience = patience{200, 4}
)

var processors = runtime.NumCPU()

func (o *Object) spin(take func(bool) (uint32, bool, error)) (done bool, err error) {
	if o.s.a.Hooked() {
		return false, nil // one look more or less is no new case
	}
	p := kinds[o.spec.Kind].patience
	if processors == 1 {
		p.pauses = 0 // which would only burn the time of who holds it
	}
	for i := range p.pauses + p.yields {
		if i >= p.pauses {
			runtime.Gosched()
			arena.YieldProcessor()
		} else {
			arena.Pause()
		}
		if _, done, err = take(false); done || err != nil {
			return done, err
		}
	}
	return false, nil
}
