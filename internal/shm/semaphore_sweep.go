package shm

import "github.com/multiproc-go/multiproc/internal/driver"

// swept is a share that a sweep has taken away.
const swept = 1

// recoverSemaphore is the sweep's part: the dead one's claim ends, its shares go, and
// the permits in use are to be counted anew, in that order, so that nobody counts
// them before and not again.
func recoverSemaphore(s *Space, i int, meta uint64, dead owner) bool {
	at := s.object(i)
	attached := s.unclaim(at, dead)
	for attachment := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(attachment)) != dead {
			continue
		}
		attached = true
		share := s.a.Load(attachment + semShare)
		if ownerOf(share) == dead && ownerOf(s.a.Load(attachment)) == dead { // it is the dead one's still
			s.a.CompareAndSwap(attachment+semShare, share, swept)
		}
	}
	for {
		word := s.a.Load(at + entPermits)
		inside := ownerOf(word) == dead
		if !inside && !attached {
			return false
		}
		next := word | semRecount
		if inside {
			next = uint64(uint32(next))&^semQueued | semSleepers
		}
		if broken == forgetPermits && !inside {
			next = word
		}
		if !s.a.CompareAndSwap(at+entPermits, word, next) {
			continue
		}
		if inside && word&semQueued != 0 {
			s.a.Wake(at+entPermits, everyone)
		}
		s.ring(at)
		return true
	}
}

// doomSemaphore tells those who come, and those who sleep, that it is deleted.
func doomSemaphore(s *Space, at uint64) {
	s.setFlag(at+entPermits, semDeleted)
	if broken != doomSilently {
		s.a.Wake(at+entPermits, everyone)
		s.ring(at)
	}
}

// holdsPermits reports whether the owner of an attachment has permits.
func holdsPermits(s *Space, attachment uint64) bool { return s.permitsAt(attachment) > 0 }

func pictureSemaphore(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	at := s.object(i)
	one.Cap = int(min(s.a.Load(at+entConfig), maxPermits))
	word := s.a.Load(at + entPermits)
	one.Len = inUse(word)
	if word&semRecount != 0 {
		one.Len = s.sharesOf(i, meta)
	}
}

// checkSemaphore looks, in the section, whether the permits in use are those that
// processes have. A sweep that has taken a share away, and has not yet had them
// counted anew, may have been stopped there.
func checkSemaphore(s *Space, i int, meta uint64, say func(string, ...any)) {
	if state(meta) != stateLive {
		return
	}
	mine, err := s.borrow(i, meta)
	if err != nil {
		return
	}
	defer s.giveBack(i, meta, mine)
	m := semaphoreOf(&Object{s: s, i: i, at: s.object(i), meta: meta, attach: mine, spec: s.specOf(i)})
	word := m.word.Load()
	if ownerOf(word) != 0 || word&semRecount != 0 || !s.begins() {
		return
	}
	defer s.ends()
	if !m.word.CompareAndSwap(word, m.me|word) {
		return
	}
	used, shares := inUse(word), s.sharesOf(i, meta)
	m.leave(used, 0, 0)
	if used < shares || used > shares && !s.sweeping(i, meta) || used > m.permits {
		say("object %d (%#x) has %d permits, %d in use, and processes have %d", i, meta, m.permits, used, shares)
	}
}

// sweeping reports whether a share of somebody who is still attached has been taken
// away.
func (s *Space) sweeping(i int, meta uint64) bool {
	for attachment := range s.attachments(i, meta) {
		if s.a.Load(attachment) != 0 && s.a.Load(attachment+semShare) == swept {
			return true
		}
	}
	return false
}
