package shm

import (
	"context"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// short reports whether n permits are more than are free.
func (m *Semaphore) short(word uint64, n int) bool { return n > m.permits-inUse(word) }

// move gives this process n permits more, or takes -n from it, in the section, which
// has to be as word says. It sets the flags of mark as well. It reports whether it
// did so: not where somebody else was faster, or where the permits do not suffice.
func (m *Semaphore) move(word uint64, n int, mark uint64) (moved bool, err error) {
	if !m.s.begins() {
		return false, driver.ErrClosed
	}
	defer m.s.ends()
	if !m.word.CompareAndSwap(word, m.me|word&^semRecount) {
		return false, nil
	}
	used := inUse(word)
	if word&semRecount != 0 {
		used = m.s.sharesOf(m.i, m.meta)
	}
	has := m.share()
	switch {
	case n > 0 && n > m.permits-used:
		n = 0
	case has+n < 0:
		m.leave(used, 0, 0)
		return false, fmt.Errorf("%w: this process has %d of its permits, not %d", driver.ErrNotHeld, has, -n)
	default:
		moved = true
		if n != 0 && broken != shareLater {
			m.setShare(has + n)
		}
	}
	m.leave(max(0, used+n), n, mark)
	if broken == shareLater && n != 0 {
		m.setShare(has + n)
	}
	return moved, nil
}

// share is how many permits this process has.
func (m *Semaphore) share() int {
	share := m.s.a.Load(m.attach + semShare)
	if ownerOf(share) != m.s.me {
		return 0
	}
	return int(uint32(share))
}

func (m *Semaphore) setShare(n int) { m.s.a.Store(m.attach+semShare, m.me|uint64(n)) }

// sharesOf is how many permits all who are attached to object i have.
func (s *Space) sharesOf(i int, meta uint64) (sum int) {
	for attachment := range s.attachments(i, meta) {
		sum = min(sum+s.permitsAt(attachment), maxPermits)
	}
	return sum
}

// permitsAt is how many permits the owner of an attachment has.
func (s *Space) permitsAt(attachment uint64) int {
	share := s.a.Load(attachment + semShare)
	if o := ownerOf(share); o == 0 || uint32(share) == 0 || o != ownerOf(s.a.Load(attachment)) {
		return 0
	}
	return int(min(uint32(share), maxPermits))
}

// leave opens the section, with so many permits in use, n more than before, and
// wakes those for whom that may be what they wait for.
func (m *Semaphore) leave(used, n int, mark uint64) {
	for {
		word := m.word.Load()
		left := word&(semFlags&^semQueued) | mark | uint64(used)*semOne
		if !m.word.CompareAndSwap(word, left) {
			continue
		}
		if word&semQueued != 0 {
			m.s.a.Wake(m.at+entPermits, everyone)
		}
		if n <= 0 || left&semSleepers != 0 && m.claim.Load() == 0 && broken != keepTurn {
			m.passOn()
		}
		return
	}
}

// passOn wakes who may go on now that permits are free, or a claim has ended: the
// claimant, or else one of those who sleep. That one takes with the mark set that
// somebody sleeps, and so passes on in its turn what it leaves.
func (m *Semaphore) passOn() {
	for !m.s.ring(m.at) {
		word := m.word.Load()
		if word&semSleepers == 0 || m.short(word, 1) && word&semRecount == 0 {
			return
		}
		if m.word.CompareAndSwap(word, word&^semSleepers) {
			m.s.a.Wake(m.at+entPermits, 1)
			return
		}
	}
}

// mark sets flags in entPermits if that is still word.
func (m *Semaphore) mark(word, flags uint64) bool {
	return word&flags == flags || m.word.CompareAndSwap(word, word|flags)
}

// awaitSection returns when somebody may have left the section that word shows them
// in; with looks, it has been called that often before. It is for those who want no
// permits, and must not queue behind those who do: they bring them.
func (m *Semaphore) awaitSection(ctx context.Context, word uint64, looks int) error {
	if looks < lockPatience.yields && !m.s.a.Hooked() {
		runtime.Gosched()
		arena.YieldProcessor()
		return nil
	}
	const flags = semSleepers | semQueued
	if !m.s.unlessDead(ownerOf(word)) || !m.mark(word, flags) {
		return nil
	}
	m.s.watchFor(ownerOf(word))
	m.s.a.Sleep(m.at+entPermits, uint32(word|flags), relook, ctx.Done(), m.s.done)
	if arena.Ended(ctx.Done()) || m.s.closed.Load() {
		return m.whyNot(ctx)
	}
	return nil
}
