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
// Each process counts its readers in its own attachment, so that readers of
// different processes write to different cache lines. Word 1 of the attachment is
//
//	bits 0-31   how many of its goroutines read
//	bits 32-63  owner; what is not the attachment's owner's is nothing
//
// A reader adds itself there and then looks at entLock; a writer marks entLock and
// then looks at all the counts. So of the two, one sees the other: the reader takes
// itself back, or the writer waits for it.
//
// {free: g} -> {me: g+1, draining} -> {me: g+1} -> {free: g+1} by the writer, and
// {w: g, draining} -> {free: g} by a writer that gives up, by the sweep where it is
// dead, or by anybody where it has not run for a while: entBeat counts its looks.
//
// A writer that drains sleeps on entLeft, which changes when a process's last reader
// leaves. All others sleep on entLock, and are woken together.
type RWMutex struct {
	Mutex
	share arena.Word
}

// attachReaders is where in an attachment its readers are counted.
const attachReaders = 8

func init() {
	kinds[RWMutexKind] = kindOf{
		name: "rwmutex", sleeps: entLock, wakes: everyone, patience: lockPatience,
		recover: recoverRWMutex, doom: doomRWMutex, holder: writerOf,
		begin: beginReaders, shares: reads,
	}
}

// OpenRWMutex attaches to a lock for readers and writers, or makes it.
func (s *Space) OpenRWMutex(ctx context.Context, which driver.Which) (driver.RWMutex, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: RWMutexKind})
	if err != nil {
		return nil, err
	}
	return &RWMutex{makeMutex(o), s.a.Word(o.attach + attachReaders)}, nil
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
		var w waiter
		err = m.wait(ctx, m.at+entLock, func(sleepNext bool) (low uint32, taken bool, err error) {
			for asleep := false; !asleep; {
				claim, taken, err = m.take(lockDraining)
				if taken || err != nil || !sleepNext {
					return 0, taken, err
				}
				low, asleep = m.bide(&w, claim)
			}
			return low, false, nil
		})
	}
	if err == nil {
		m.token(claim) // claims that come to nothing use up generations too
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
			if m.unlessDead(word) && !m.setAside(word) {
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
		m.token(claim)
		drained, err := m.look(claim)
		if drained {
			return m.writing(claim)
		}
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
		share := s.a.Load(attachment + attachReaders)
		if ownerOf(s.a.Load(attachment)) == dead {
			attached = true
			if ownerOf(share) == dead {
				s.a.CompareAndSwap(attachment+attachReaders, share, 0)
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
