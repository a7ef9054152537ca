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
	relookWatched = 4 * time.Second
)

// A bed is where a goroutine sleeps: on the word at off, while its low half is low.
type bed struct {
	off uint64
	low uint32
}

// A taker says whether what is waited for is there, or what the caller is to sleep
// on. It is called with true when the caller sleeps next, so that it can tell others
// that somebody sleeps.
type taker func(sleepNext bool) (where bed, done bool, err error)

// on is a taker whose caller always sleeps on the word at off.
func on(off uint64, take func(sleepNext bool) (low uint32, done bool, err error)) taker {
	return func(sleepNext bool) (bed, bool, error) {
		low, done, err := take(sleepNext)
		return bed{off, low}, done, err
	}
}

// wait calls take until it says done or returns an error. It spins a little, yields a
// few times, and then sleeps on the word at off. From the first take(true) on the
// caller is the only goroutine of this process that waits for o like this.
func (o *Object) wait(ctx context.Context, off uint64, take func(sleepNext bool) (low uint32, done bool, err error)) error {
	return o.waitAnywhere(ctx, on(off, take), func() {})
}

// waitAnywhere is wait where take says each time what the caller is to sleep on.
// Where take(true) was called, leave is called last, while the caller is still the
// only one that waits like this.
func (o *Object) waitAnywhere(ctx context.Context, take taker, leave func()) error {
	return o.waitBehind(ctx, o.gate, take, leave)
}

// waitBehind is waitAnywhere for those who come one at a time through gate.
func (o *Object) waitBehind(ctx context.Context, gate *arena.Gate, take taker, leave func()) error {
	if done, err := o.spin(take); done || err != nil {
		return err
	}
	o.s.countWaiting(o.attach, 1)
	defer o.s.countWaiting(o.attach, -1)
	if !gate.Enter(ctx.Done(), o.s.done) {
		return o.whyNot(ctx)
	}
	defer gate.Leave()
	defer leave()
	return o.sleep(ctx, take)
}

// waitAlone is waitAnywhere for those who wait at one object for different things: none
// of them can sleep for another of its process.
func (o *Object) waitAlone(ctx context.Context, take taker) error {
	if done, err := o.spin(take); done || err != nil {
		return err
	}
	o.s.countWaiting(o.attach, 1)
	defer o.s.countWaiting(o.attach, -1)
	return o.sleep(ctx, take)
}

// sleep is the part of a wait that sleeps.
func (o *Object) sleep(ctx context.Context, take taker) error {
	sleep := relook
	for timedOut := false; ; {
		if !timedOut {
			if done, err := o.spin(take); done || err != nil {
				return err
			}
		}
		longest := relookLast
		if o.watchCompany() && !kinds[o.spec.Kind].looksOften {
			longest = relookWatched
		}
		where, done, err := take(true)
		if done || err != nil {
			return err
		}
		if broken == sleepOnFreshWord {
			where.low = uint32(o.s.a.Load(where.off))
		}
		if timedOut = o.s.a.Sleep(where.off, where.low, sleep, ctx.Done(), o.s.done); timedOut {
			sleep = min(2*sleep, longest)
		} else {
			sleep = relook
		}
		if arena.Ended(ctx.Done()) || o.s.closed.Load() {
			if broken != keepWake {
				o.s.a.Wake(where.off, 1) // it may have been ours
			}
			return o.whyNot(ctx)
		}
	}
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

	// The parties of a barrier may be more than the processors: with 200 pauses a round
	// of four processes on two took twice as long.
	barrierPatience = patience{30, 32}
)

var processors = runtime.NumCPU()

func (o *Object) spin(take taker) (done bool, err error) {
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
