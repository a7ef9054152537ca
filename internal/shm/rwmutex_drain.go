package shm

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// errSetAside says that somebody has taken a claim back since we did not run.
var errSetAside = errors.New("the claim was set aside")

// drain waits until nobody reads, and makes the claim a holding then. An error means
// that there is no claim of ours any more.
func (m *RWMutex) drain(ctx context.Context, claim uint64) error {
	drained, err := m.look(claim)
	if drained {
		return nil
	}
	m.token(claim) // generations that come to nothing count for the epoch too
	if err == nil {
		err = m.drainSlowly(ctx, claim)
	}
	if err != nil {
		m.unclaim(claim)
	}
	return err
}

// drainSlowly does not pass the gate: whoever has it may be waiting for us.
func (m *RWMutex) drainSlowly(ctx context.Context, claim uint64) error {
	look := func(sleepNext bool) (low uint32, drained bool, err error) {
		low = uint32(m.s.a.Load(m.at + entLeft))
		if sleepNext {
			m.s.a.Add(m.at+entBeat, 1)
			m.watchReaders()
		}
		drained, err = m.look(claim)
		return low, drained, err
	}
	sleeping := on(m.at+entLeft, look)
	if drained, err := m.spin(sleeping); drained || err != nil {
		return err
	}
	m.s.countWaiting(m.attach, 1)
	defer m.s.countWaiting(m.attach, -1)
	return m.sleep(ctx, sleeping)
}

// look makes the claim a holding if nobody reads.
func (m *RWMutex) look(claim uint64) (drained bool, err error) {
	for {
		word := m.word.Load()
		switch {
		case !sameHolding(word, claim):
			return false, errSetAside
		case word&lockDeleted != 0 || m.s.closed.Load():
			return false, driver.ErrClosed
		case m.reading():
			return false, nil
		case m.word.CompareAndSwap(word, word&^lockDraining):
			return true, nil
		}
	}
}

// sameBits are all but the flags that others set.
const sameBits = ^uint64(lockSleepers | lockAbandoned | lockDeleted)

func sameHolding(word, other uint64) bool { return word&sameBits == other&sameBits }

// reading reports whether anybody reads. The dead do not.
func (m *RWMutex) reading() bool {
	for at := range m.s.attachments(m.i, m.meta) {
		if m.s.a.Load(at) == 0 {
			continue // as most are: it saves the call
		}
		for reader := m.s.readerAt(at); reader != 0; reader = m.s.readerAt(at) {
			if m.s.alive(reader) || m.s.closed.Load() { // closed, we bury nobody any more
				return true
			}
			m.s.bury(reader)
		}
	}
	return false
}

// watchReaders has the readers' deaths noticed at once: in a large company those of
// some, and the others' at the next look.
func (m *RWMutex) watchReaders() {
	if m.s.a.Hooked() || m.watchCompany() {
		return
	}
	watched := 0
	for at := range m.s.attachments(m.i, m.meta) {
		if reader := m.s.readerAt(at); reader != 0 && watched < smallCompany {
			m.s.watchFor(reader)
			watched++
		}
	}
}

// tellDrainer has a writer that waits for readers look again.
func (s *Space) tellDrainer(at uint64) {
	s.a.Add(at+entLeft, 1)
	s.a.Wake(at+entLeft, everyone)
}

// unclaim lets those go on whom the claim keeps out; false where it was set aside, or
// something else has changed.
func (m *RWMutex) unclaim(claim uint64) bool {
	for {
		word := m.word.Load()
		if !sameHolding(word, claim) {
			return false
		}
		if m.word.CompareAndSwap(word, uint64(uint32(word))&^(lockSleepers|lockDraining)) {
			if word&lockSleepers != 0 {
				m.s.a.Wake(m.at+entLock, everyone)
			}
			return true
		}
	}
}

// bide prepares for sleep while others have the lock, or drain it; false: look again.
// watched is whom the caller watches.
func (m *RWMutex) bide(watched *owner, word uint64) (low uint32, asleep bool) {
	if !m.s.unlessDead(ownerOf(word)) || m.setAside(word) || !m.markSleepers(word) {
		return 0, false
	}
	*watched = m.watchHolder(word, *watched)
	return uint32(word | lockSleepers), true
}

// longStill is how long a writer that waits for readers may show no sign that it
// runs. It gives one at least once in relookLast.
const longStill = 3 * relookLast

// setAside takes back the claim of a writer that has not run for long, and lets
// others go on: it is stopped, perhaps, and would keep readers out for as long. It
// may be wrong about that: the writer claims anew then.
func (m *RWMutex) setAside(word uint64) bool {
	if word&lockDraining == 0 || broken == waitForStill {
		return false
	}
	beat := m.s.a.Load(m.at + entBeat)
	return m.seen.still(m.s.a.Now(), word&sameBits, beat) >= longStill && m.unclaim(word)
}
