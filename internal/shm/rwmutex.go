package shm

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// An RWMutex is a Mutex for its writers, with one flag more in entLock: lockDraining
// says that its owner waits for the readers, and until then keeps new ones out.
//
// Readers stand in their process's attachment, so that those of different processes
// write to different cache lines. Words 1 and 2 of it are for one reader each:
//
//	bit  0      somebody reads
//	bit  1      which of the two words it is
//	bits 2-31   generation, one more per holding, so that its end can name it
//	bits 32-63  owner; what is not the attachment's owner's is nothing
//
// and word 3 is for all others together: in bits 0-31 how many, and the owner.
//
// A reader enters itself there and then looks at entLock; a writer marks entLock and
// then looks at all who are entered. So of the two, one sees the other: the reader
// leaves again, or the writer waits for it.
//
// {free: g} -> {me: g+1, draining} -> {me: g+1} -> {free: g+1} by the writer, and
// {w: g, draining} -> {free: g} by a writer that gives up, by the sweep where it is
// dead, or by anybody where it has not run for a while: entBeat counts its looks.
//
// A writer that drains sleeps on entLeft, which changes when a process's last reader
// leaves it. All others sleep on entLock, and are woken together.
type RWMutex struct {
	Mutex
	seats  [readSeats]arena.Word
	crowd  arena.Word
	reader readLock
}

const (
	readSeats = 2 // how many readers have a word each
	seatTaken = 1 << 0
	seatIndex = 1 << 1
	seatOne   = 1 << 2 // of the generation

	attachSeats = 8 // where in an attachment they are
	attachCrowd = attachSeats + 8*readSeats
)

func init() {
	kinds[RWMutexKind] = kindOf{
		name: "rwmutex", sleeps: entLock, wakes: everyone, patience: lockPatience, looksOften: true,
		recover: recoverRWMutex, doom: doomRWMutex, holder: writerOf,
		joins: beginReaders, holds: reads,
	}
}

// OpenRWMutex attaches to a lock for readers and writers, or makes it.
func (s *Space) OpenRWMutex(ctx context.Context, which driver.Which) (driver.RWMutex, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: RWMutexKind})
	if err != nil {
		return nil, err
	}
	m := &RWMutex{Mutex: makeMutex(o), crowd: s.a.Word(o.attach + attachCrowd)}
	for k := range uint64(readSeats) {
		m.seats[k] = s.a.Word(o.attach + attachSeats + 8*k)
	}
	m.reader.lock = m
	return m, nil
}

// Lock waits for the lock as its writer.
func (m *RWMutex) Lock(ctx context.Context) (h driver.Holding, err error) {
	for {
		claim, err := m.claim(ctx)
		if err != nil {
			return h, err
		}
		err = m.drain(ctx, claim)
		if err == nil {
			return m.writing(claim)
		}
		if !errors.Is(err, errSetAside) {
			return h, err
		}
	}
}

// claim waits until it can mark the lock as drained by us.
func (m *RWMutex) claim(ctx context.Context) (claim uint64, err error) {
	claim, taken, err := m.take(lockDraining)
	if err == nil && !taken {
		var watched owner
		err = m.wait(ctx, m.at+entLock, func(sleepNext bool) (low uint32, taken bool, err error) {
			for asleep := false; !asleep; {
				claim, taken, err = m.take(lockDraining)
				if taken || err != nil || !sleepNext {
					return 0, taken, err
				}
				low, asleep = m.bide(&watched, claim)
			}
			return low, false, nil
		})
	}
	return claim, err
}

// writing makes what Lock returns of a claim that is now a holding.
func (m *RWMutex) writing(claim uint64) (driver.Holding, error) {
	h, err := m.holding(claim &^ lockDraining)
	if err == nil {
		m.readers.acquire()
	}
	return h, err
}

// TryLock takes the lock as its writer if that can be done at once. It does not
// keep readers out only to find that there are some.
func (m *RWMutex) TryLock() (h driver.Holding, err error) {
	for {
		word := m.word.Load()
		switch {
		case word&lockDeleted != 0 || m.s.closed.Load():
			return h, driver.ErrClosed
		case ownerOf(word) != 0:
			if m.s.unlessDead(ownerOf(word)) && !m.setAside(word) {
				return h, driver.ErrLocked
			}
			continue
		case m.reading():
			return h, driver.ErrLocked
		}
		claim, taken, err := m.take(lockDraining)
		if err != nil || !taken {
			continue // and see why
		}
		drained, err := m.look(claim)
		if drained {
			return m.writing(claim)
		}
		m.token(claim) // as in drain
		m.unclaim(claim)
		if errors.Is(err, driver.ErrClosed) {
			return h, err
		}
		return h, driver.ErrLocked
	}
}

// recoverRWMutex is the sweep's part: a dead process reads no more, and writers may
// have waited for that.
func recoverRWMutex(s *Space, i int, meta uint64, dead owner) bool {
	at := s.object(i)
	attached := false
	for attachment := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(attachment)) != dead {
			continue
		}
		attached = true
		for at := attachment + attachSeats; at <= attachment+attachCrowd; at += 8 {
			reader := s.a.Load(at)
			// Still the dead one's attachment, and so an RWMutex's: the word is what it seems.
			if ownerOf(reader) == dead && ownerOf(s.a.Load(attachment)) == dead {
				s.a.CompareAndSwap(at, reader, 0)
			}
		}
	}
	freed := recoverLock(s, i, meta, dead)
	if attached {
		s.tellDrainer(at)
	}
	return freed
}

func doomRWMutex(s *Space, at uint64) {
	doomLock(s, at)
	s.tellDrainer(at)
}

// writerOf is who holds it as its writer: one who still waits for the readers does not.
func writerOf(s *Space, at uint64) owner {
	word := s.a.Load(at + entLock)
	if word&lockDraining != 0 {
		return 0
	}
	return ownerOf(word)
}
