package multiproc

import (
	"errors"
	"testing"
	"time"
)

func TestBackoff_doublesWithEachFailureInARowUpTo64Times(t *testing.T) {
	b := backoff{base: time.Second, window: time.Minute}
	failed := errors.New("failed")
	for i, step := range []struct {
		err  error
		ran  time.Duration
		want time.Duration
	}{
		{failed, 0, 1 * time.Second},
		{failed, 59 * time.Second, 2 * time.Second},
		{failed, 0, 4 * time.Second},
		{failed, 0, 8 * time.Second},
		{failed, 0, 16 * time.Second},
		{failed, 0, 32 * time.Second},
		{failed, 0, 64 * time.Second},
		{failed, 0, 64 * time.Second},
		{failed, time.Minute, 1 * time.Second}, // the row ends with a long run
		{failed, 0, 2 * time.Second},
		{nil, 0, 1 * time.Second}, // or a good end
		{nil, 0, 1 * time.Second},
		{failed, 0, 1 * time.Second},
		{failed, 0, 2 * time.Second},
	} {
		if got := b.next(step.err, step.ran); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}

func TestFailures_areCountedWithinTheWindow(t *testing.T) {
	f := failures{most: 3, window: time.Minute}
	failed := errors.New("failed")
	start := time.Now()
	for i, step := range []struct {
		at  time.Duration
		why string
	}{
		{0, ""},
		{30 * time.Second, ""},
		{61 * time.Second, ""}, // the first does not count any more
		{90 * time.Second, "gave up after 3 failures in 1m0s, the last: failed"},
	} {
		why := ""
		if err := f.add(start.Add(step.at), failed); err != nil {
			why = err.Error()
		}
		if why != step.why {
			t.Errorf("failure %d: %q, want %q", i, why, step.why)
		}
	}
}
