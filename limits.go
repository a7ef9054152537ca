package multiproc

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// limits are those of a child; zero: none.
type limits struct {
	timeout time.Duration
	memory  int64 // bytes
	cpu     time.Duration
}

// Names of limits in Exit.Limit.
const (
	limitTimeout = "timeout"
	limitMemory  = "memory"
	limitCPU     = "cpu"
)

// describe is a limit with its size, for people, and the errors that match it.
func (l limits) describe(limit string) (text string, matches []error) {
	switch limit {
	case limitTimeout:
		return fmt.Sprintf("time limit of %v", l.timeout), []error{ErrTimeout, context.DeadlineExceeded}
	case limitMemory:
		return fmt.Sprintf("memory limit of %d bytes", l.memory), []error{ErrMemory}
	case limitCPU:
		return fmt.Sprintf("limit of %v of processor time", l.cpu), []error{ErrCPU}
	}
	return "", nil
}

// environment adds to added, what a child's environment has beyond its parent's,
// what tells the Go runtime in the child of its limit.
func (l limits) environment(added []string) []string {
	const key = "GOMEMLIMIT"
	chosen := os.Getenv(key) != "" || slices.ContainsFunc(added, func(kv string) bool { return strings.HasPrefix(kv, key+"=") })
	if l.memory == 0 || chosen { // by the user
		return added
	}
	return append(slices.Clone(added), key+"="+strconv.FormatInt(l.memory/10*9, 10))
}

// enforce watches the child's limits until it has ended.
func (c *child) enforce() {
	l := c.limits
	if l.timeout > 0 {
		timer := time.AfterFunc(l.timeout, func() {
			if c.passed(limitTimeout) {
				c.stop(context.Background())
			}
		})
		go func() { <-c.done; timer.Stop() }()
	}
	if l.memory > 0 {
		go c.watch(limitMemory, func() (left time.Duration) {
			return timeToUse(l.memory - c.proc.Memory())
		})
	}
	if l.cpu > 0 {
		go c.watch(limitCPU, func() (left time.Duration) {
			return (l.cpu - c.proc.CPUTime()) / time.Duration(runtime.NumCPU())
		})
	}
}

// timeToUse is how long it takes at least to take bytes of memory into use.
func timeToUse(bytes int64) time.Duration {
	const perSecond = 8 << 30 // a processor zeroes no more than that
	return time.Duration(float64(bytes) / perSecond * float64(time.Second))
}

// A watch looks again when the limit may be reached at the soonest, within these
// bounds.
const (
	soonest = time.Millisecond
	latest  = 100 * time.Millisecond
)

// watch kills the child when a limit has nothing left; left is a lower bound of
// the time until then, and negative past it.
func (c *child) watch(limit string, left func() time.Duration) {
	for {
		l := left()
		if l < 0 {
			if c.passed(limit) {
				c.proc.KillAll()
			}
			return
		}
		select {
		case <-c.done:
			return
		case <-time.After(min(max(l, soonest), latest)):
		}
	}
}

// passed notes the limit that ends the child; false if another one did before,
// or it has ended by itself.
func (c *child) passed(limit string) bool {
	select {
	case <-c.proc.Gone():
		return false
	default:
		return c.limit.CompareAndSwap(nil, &limit)
	}
}

// limitPassed is the limit that ended the child, or empty: one that was noted, or
// one that the kernel enforced.
func (c *child) limitPassed(crashReport string) string {
	l := c.limits
	switch noted := c.limit.Load(); {
	case noted != nil:
		return *noted
	case l.cpu > 0 && c.exit.Signal == syscall.SIGKILL && c.exit.User+c.exit.System >= l.cpu:
		return limitCPU
	case l.memory > 0 && c.exit.Code == 2 && strings.Contains(crashReport, "runtime.(*mheap)."):
		return limitMemory // the Go runtime got no more memory from the kernel: RLIMIT_DATA
	}
	return ""
}
