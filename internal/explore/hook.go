//go:build explore

package explore

import (
	"math/bits"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
)

var _ arena.Hook = (*scheduler)(nil)

// Before is where others may come between the caller and its access, or where it
// is killed or stopped.
func (s *scheduler) Before(off uint64) {
	if s.over.Load() {
		return
	}
	t := s.now
	t.history = mix(t.history, off)
	s.pass(t)
	t.history = mix(t.history, begun) // where it is now differs from where it waited
}

// What a history has for what a thread did, other than what it saw.
const (
	begun = 1<<63 + iota
	blocked
)

// After keeps account of what the caller has seen, and of what memory holds.
func (s *scheduler) After(off, old, new uint64) {
	if s.over.Load() {
		return
	}
	s.now.history = mix(s.now.history, old)
	if old != new {
		if !s.beats(off) {
			s.now.timeouts = 0
		}
		s.memory ^= mix(off, old) ^ mix(off, new)
	}
}

// Sleep has the caller sleep until somebody wakes it. It is two steps, the look
// at the word and the sleep itself being one, as they are for the kernel.
func (s *scheduler) Sleep(off uint64, low uint32, cancel, closed <-chan struct{}) (timedOut bool) {
	if s.over.Load() {
		return false
	}
	t := s.now
	s.Before(off)
	if uint32(s.arenas[t.process].Peek(off)) != low {
		return false
	}
	s.beds++
	t.bed = &bed{off: off, since: s.beds}
	s.note(uint64(t.id)) // the order of sleeping is the order of waking
	t.ready = func() bool {
		return t.bed.woken || t.bed.timedOut || arena.Ended(cancel) || arena.Ended(closed)
	}
	s.pass(t)
	timedOut = t.bed.timedOut
	t.history = mix(t.history, s.saw(t.bed.woken, timedOut, arena.Ended(cancel), arena.Ended(closed)))
	t.bed, t.ready = nil, nil
	return timedOut
}

func (s *scheduler) saw(all ...bool) (flags uint64) {
	for bit, one := range all {
		if one {
			flags |= 1 << bit
		}
	}
	return flags
}

// Wake wakes those who have slept longest.
func (s *scheduler) Wake(off uint64, n int) {
	if s.over.Load() {
		return
	}
	s.Before(off)
	for ; n > 0; n-- {
		var longest *bed
		for _, t := range s.threads {
			if b := t.bed; b != nil && b.off == off && !b.woken && !s.dead[t.process] &&
				(longest == nil || b.since < longest.since) {
				longest = b
			}
		}
		if longest == nil {
			return
		}
		longest.woken = true
	}
}

// Block has the caller wait for another thread of its process.
func (s *scheduler) Block(ready func() bool) {
	if s.over.Load() {
		return
	}
	t := s.now
	t.history = mix(t.history, blocked)
	t.ready = ready
	s.pass(t)
	t.ready = nil
	s.note(uint64(t.id))
}

// Now is the time, which passes when sleeps time out.
func (s *scheduler) Now() time.Time {
	if !s.over.Load() {
		s.now.history = mix(s.now.history, uint64(s.clock))
	}
	return time.Unix(1e9, 0).Add(s.clock)
}

// note makes runs differ in which what happened in another order.
func (s *scheduler) note(what uint64) { s.events = mix(s.events, what) }

func mix(h, v uint64) uint64 {
	high, low := bits.Mul64(h^0x9e3779b97f4a7c15, v^0xd6e8feb86659fd93)
	return high ^ low + 1
}
