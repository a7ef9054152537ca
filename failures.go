package multiproc

import (
	"fmt"
	"slices"
	"time"
)

// failures are the latest ones of all processes of a supervisor.
type failures struct {
	most   int // so many within the window are too many; negative: never
	window time.Duration
	times  []time.Time // of those within the window, the oldest first
}

// add counts a failure, and returns an error where it is one too many.
func (f *failures) add(now time.Time, err error) error {
	if f.most < 0 {
		return nil
	}
	f.times = slices.DeleteFunc(append(f.times, now), func(t time.Time) bool { return now.Sub(t) > f.window })
	if len(f.times) < f.most {
		return nil
	}
	return &gaveUp{failures: len(f.times), within: now.Sub(f.times[0]), last: err}
}

// gaveUp is why a supervisor gave up.
type gaveUp struct {
	failures int
	within   time.Duration
	last     error
}

func (g *gaveUp) Error() string {
	if g.failures == 1 {
		return fmt.Sprintf("gave up after the first failure: %v", g.last)
	}
	return fmt.Sprintf("gave up after %d failures in %v, the last: %v", g.failures, g.within.Round(time.Millisecond), g.last)
}

func (g *gaveUp) Unwrap() error { return g.last }
