package shm

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// RLock waits for the lock as one of its readers.
func (m *RWMutex) RLock(ctx context.Context) (driver.Unlocker, driver.Holding, error) {
	word, entered, err := m.enter()
	if err == nil && !entered {
		word, err = m.enterSlowly(ctx)
	}
	if err != nil {
		return nil, driver.Holding{}, err
	}
	return m.begun(word)
}

// TryRLock takes the lock as one of its readers if that can be done at once.
func (m *RWMutex) TryRLock() (driver.Unlocker, driver.Holding, error) {
	for {
		word, entered, err := m.enter()
		switch {
		case err != nil:
			return nil, driver.Holding{}, err
		case entered:
			return m.begun(word)
		case ownerOf(word) != 0 && m.unlessDead(word) && !m.setAside(word):
			return nil, driver.Holding{}, driver.ErrLocked
		}
	}
}

func (m *RWMutex) enterSlowly(ctx context.Context) (word uint64, err error) {
	var w waiter
	err = m.wait(ctx, m.at+entLock, func(sleepNext bool) (low uint32, entered bool, err error) {
		for asleep := false; !asleep; {
			word, entered, err = m.enter()
			if entered || err != nil || !sleepNext {
				return 0, entered, err
			}
			if ownerOf(word) != 0 {
				low, asleep = m.bide(&w, word)
			}
		}
		return low, false, nil
	})
	return word, err
}

// enter counts the caller among the readers, unless a writer has the lock or waits
// for it. It returns what the lock's word was.
func (m *RWMutex) enter() (word uint64, entered bool, err error) {
	word = m.word.Load()
	if ownerOf(word) == 0 && word&lockDeleted == 0 {
		if !m.countIn() {
			return word, false, driver.ErrClosed
		}
		if broken != readBlindly {
			word = m.word.Load() // a writer that came between has not seen us, but we see it
		}
		if ownerOf(word) == 0 && word&lockDeleted == 0 && !m.s.closed.Load() {
			return word, true, nil
		}
		m.countOut()
	}
	if word&lockDeleted != 0 || m.s.closed.Load() {
		return word, false, driver.ErrClosed
	}
	return word, false, nil
}

// countIn adds a reader to our share; false where that is not ours any more, since
// the space is closed.
func (m *RWMutex) countIn() bool {
	for {
		share := m.share.Load()
		if share>>32<<32 != m.me {
			return false
		}
		if m.share.CompareAndSwap(share, share+1) {
			return true
		}
	}
}

// countOut takes a reader from our share, and tells a writer that may have waited for
// that.
func (m *RWMutex) countOut() bool {
	for {
		share := m.share.Load()
		if share>>32<<32 != m.me || uint32(share) == 0 {
			return false
		}
		if !m.share.CompareAndSwap(share, share-1) {
			continue
		}
		if uint32(share) == 1 && m.word.Load()&lockDraining != 0 && broken != leaveSilently {
			m.s.tellDrainer(m.at)
		}
		return true
	}
}

// A reading is what a reader's Guard ends its holding by. The word of that holding is
// what turn was when it began: one that has ended has another, also when the
// reading, which is used again and again, stands for somebody else's by now.
type reading struct {
	turn atomic.Uint64
	lock *RWMutex // nil between holdings; read and written by who has made the turn
}

var readings = sync.Pool{New: func() any { return new(reading) }}

func (m *RWMutex) begun(word uint64) (driver.Unlocker, driver.Holding, error) {
	m.race.acquire()
	r := readings.Get().(*reading)
	r.lock = m
	return r, driver.NewHolding(r.turn.Load(), 0, word&lockAbandoned != 0), nil
}

// Unlock ends a reader's holding: driver.ErrNotHeld if it has ended before.
func (r *reading) Unlock(h driver.Holding) error {
	if !r.turn.CompareAndSwap(h.Word, h.Word+1) {
		return driver.ErrNotHeld
	}
	m := r.lock
	r.lock = nil
	readings.Put(r)
	m.readers.release()
	ours := m.countOut()
	closed := m.s.closed.Load()
	runtime.KeepAlive(m)
	switch {
	case closed:
		return driver.ErrClosed
	case !ours:
		return driver.ErrNotHeld
	}
	return nil
}

// readerAt is the owner of that attachment if it reads, or nobody.
func (s *Space) readerAt(attachment uint64) owner {
	o := ownerOf(s.a.Load(attachment))
	if o == 0 {
		return 0
	}
	share := s.a.Load(attachment + attachReaders)
	if ownerOf(share) != o || uint32(share) == 0 {
		return 0
	}
	return o
}

func reads(s *Space, attachment uint64) bool { return s.readerAt(attachment) != 0 }

// beginReaders makes our share that of nobody: an earlier object may have left
// something there.
func beginReaders(s *Space, attachment uint64) {
	s.a.Store(attachment+attachReaders, s.me.high())
}
