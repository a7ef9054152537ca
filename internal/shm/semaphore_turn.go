package shm

import (
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A turn is one goroutine's waiting for permits.
//
// Permits are free for whoever comes, but not while a claim stands. Who wants
// several, or has slept in vain often enough, claims the turn, and then only it takes
// permits until it has its own. The word entClaim is
//
//	bits 0-15   rings: how often it was told that permits came back
//	bits 16-31  beat: how often the claimant has looked
//	bits 32-63  owner: the claimant's process, and there the goroutine with the gate
//
// {0} -> {me} -> {0}. The claimant sleeps on it, all others on entPermits. One whose
// beat does not change has been stopped, and is set aside: {it} -> {0} by anybody.
type turn struct {
	m      *Semaphore
	n      int
	mark   uint64 // semSleepers once it has slept: it may have been woken for others too
	gate   bool   // it has its process's
	sleeps int
}

const (
	claimBeats = 0xffff << 16
	claimRings = 0xffff

	// patientSleeps is how often one who wants a single permit sleeps before it
	// claims the turn: a claim costs all others a wake through the kernel.
	patientSleeps = 8

	// claimLasts is how long a claim stands without a beat. Its claimant looks every
	// relookLast at least, as long as it runs.
	claimLasts = 2 * relookLast
)

// look takes the permits if it can; if not, and the caller sleeps next, it says where.
func (t *turn) look(sleepNext bool) (where bed, taken bool, err error) {
	m := t.m
	if sleepNext {
		t.gate = true
	}
	for {
		claim := m.claim.Load()
		mine := t.gate && ownerOf(claim) == m.s.me
		if mine && sleepNext {
			beating := m.me | m.beat() | claim&claimRings
			if !m.claim.CompareAndSwap(claim, beating) {
				continue
			}
			claim = beating
		}
		word := m.word.Load()
		if word&semDeleted != 0 || m.s.closed.Load() {
			return where, false, driver.ErrClosed
		}
		move := t.n
		if word&semRecount != 0 {
			move = 0
		} else if m.short(word, t.n) || claim != 0 && !mine {
			move = -1
		}
		if ownerOf(word) == 0 && move >= 0 {
			moved, err := m.move(word, move, t.mark)
			if moved && move == t.n || err != nil {
				return where, err == nil, err
			}
			continue
		}
		if !sleepNext {
			return where, false, nil
		}
		if where, ready := t.goToBed(word, claim, mine); ready {
			t.sleeps++
			return where, false, nil
		}
	}
}

// goToBed prepares to sleep, where the permits cannot be had as word and claim are;
// not ready: something has changed, or been done about it.
func (t *turn) goToBed(word, claim uint64, mine bool) (where bed, ready bool) {
	m := t.m
	flags := uint64(semSleepers)
	inside := ownerOf(word)
	switch {
	case inside != 0:
		if !m.s.unlessDead(inside) {
			return where, false
		}
		m.s.watchFor(inside)
		flags |= semQueued
	case claim != 0 && !mine:
		if !m.stands(claim) {
			return where, false
		}
		m.s.watchFor(ownerOf(claim))
	case m.buryHolders():
		return where, false
	case claim == 0 && (t.n > 1 || t.sleeps >= patientSleeps):
		m.claim.CompareAndSwap(0, m.me|m.beat())
		return where, false
	}
	// In small company all watch all others; in a large one those who mark that they
	// sleep watch some of those who have permits.
	if !m.watchCompany() && word&semSleepers == 0 {
		for o := range m.holders {
			m.s.watchFor(o)
		}
	}
	if mine && inside == 0 {
		return bed{m.at + entClaim, uint32(claim)}, true
	}
	if !m.mark(word, flags) {
		return where, false
	}
	t.mark = semSleepers
	if claim != 0 && m.claim.Load() == 0 && broken != trustClaim {
		return where, false // who gave it up may not have seen our mark
	}
	return bed{m.at + entPermits, uint32(word | flags)}, true
}

// end gives the claim up, while the goroutine still has the gate.
func (t *turn) end() {
	if t.m.s.unclaim(t.m.at, t.m.s.me) {
		t.m.passOn()
	}
}

// stands reports whether the claim still has to be respected. A dead claimant is
// buried, one that does not run is set aside.
func (m *Semaphore) stands(claim uint64) bool {
	o := ownerOf(claim)
	if o != 0 && !m.s.unlessDead(o) {
		return false
	}
	if o == m.s.me || o != 0 && m.seen.still(m.s.a.Now(), claim&^claimRings, 0) <= claimLasts {
		return true
	}
	if m.claim.CompareAndSwap(claim, 0) {
		m.s.a.Wake(m.at+entClaim, everyone) // not to be taken for the next claimant
	}
	return false
}

// unclaim ends o's claim, if there is one.
func (s *Space) unclaim(at uint64, o owner) bool {
	for {
		claim := s.a.Load(at + entClaim)
		if claim == 0 || ownerOf(claim) != o {
			return false
		}
		if s.a.CompareAndSwap(at+entClaim, claim, 0) {
			return true
		}
	}
}

// ring tells the claimant, if there is one, to look again.
func (s *Space) ring(at uint64) bool {
	for {
		claim := s.a.Load(at + entClaim)
		if claim == 0 {
			return false
		}
		if broken == claimUnrung || s.a.CompareAndSwap(at+entClaim, claim, claim&^claimRings|(claim+1)&claimRings) {
			s.a.Wake(at+entClaim, everyone)
			return true
		}
	}
}

// beat is the next of this process's beats. They go on from one claim to the next,
// so that each of them looks new.
func (m *Semaphore) beat() uint64 {
	m.beats++
	return m.beats << 16 & claimBeats
}
