// Package leak finds what a test leaves behind: goroutines, file descriptors,
// child processes (zombies too) and files.
//
//	func TestStart(t *testing.T) {
//		leak.Check(t)
//		...
//	}
//
// The whole process is looked at, so that a test which checks for leaks must not
// run in parallel with others. Descriptors and children are read from /proc;
// where there is none, only goroutines and files are checked.
package leak

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// HangBound is how long a Check waits for things to go before it calls them
// left behind. Nothing that goes by itself takes nearly as long.
const HangBound = 10 * time.Second

// Check takes a Snapshot, and checks it when the test and its subtests are over.
// Call it first in a test: what the test registers with Cleanup after it has
// then been done.
func Check(t testing.TB, opts ...Option) {
	t.Helper()
	s := Take(opts...)
	t.Cleanup(func() {
		t.Helper()
		s.Check(t)
	})
}

// A Snapshot is what there was at one moment.
type Snapshot struct {
	scope  scope
	before map[string]string
}

// Take records what there is now. A test whose first start of something leaves
// what the process keeps for good (a guard process, a thread that forks) warms
// that up before it takes its snapshot.
func Take(opts ...Option) *Snapshot {
	s := &Snapshot{scope: scope{within: HangBound}}
	for _, opt := range opts {
		opt(&s.scope)
	}
	startPoller()
	s.before = s.scope.present()
	return s
}

// Check waits until nothing is there that was not there at the snapshot, or
// else fails the test with the name of each thing left. What has gone since is
// no leak.
func (s *Snapshot) Check(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(s.scope.within)
	pause := time.Millisecond
	for {
		left := s.left()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("left behind, and still there after %v:\n%s", s.scope.within, strings.Join(left, "\n"))
			return
		}
		time.Sleep(pause)
		pause = min(2*pause, 100*time.Millisecond)
	}
}

// left describes what is there now and was not there at the snapshot.
func (s *Snapshot) left() []string {
	now := s.scope.present()
	maps.DeleteFunc(now, func(key, _ string) bool {
		_, there := s.before[key]
		return there
	})
	return slices.Sorted(maps.Values(now))
}

// present maps the identity of each thing in scope to its description.
func (s *scope) present() map[string]string {
	things := map[string]string{}
	maps.Copy(things, s.goroutines())
	maps.Copy(things, s.descriptors())
	maps.Copy(things, s.children())
	maps.Copy(things, s.files())
	return things
}
