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
	word, seat, entered, err := m.enter()
	if err == nil && !entered {
		word, seat, err = m.enterSlowly(ctx)
	}
	if err != nil {
		return nil, driver.Holding{}, err
	}
	return m.begun(word, seat)
}

// TryRLock takes the lock as one of its readers if that can be done at once.
func (m *RWMutex) TryRLock() (driver.Unlocker, driver.Holding, error) {
	for {
		word, seat, entered, err := m.enter()
		switch {
		case err != nil:
			return nil, driver.Holding{}, err
		case entered:
			return m.begun(word, seat)
		case ownerOf(word) != 0 && m.s.unlessDead(ownerOf(word)) && !m.setAside(word):
			return nil, driver.Holding{}, driver.ErrLocked
		}
	}
}

func (m *RWMutex) enterSlowly(ctx context.Context) (word, seat uint64, err error) {
	var watched owner
	err = m.wait(ctx, m.at+entLock, func(sleepNext bool) (low uint32, entered bool, err error) {
		for asleep := false; !asleep; {
			word, seat, entered, err = m.enter()
			if entered || err != nil || !sleepNext {
				return 0, entered, err
			}
			if ownerOf(word) != 0 {
				low, asleep = m.bide(&watched, word)
			}
		}
		return low, false, nil
	})
	return word, seat, err
}

// enter puts the caller among the readers, unless a writer has the lock or waits for
// it. It returns what the lock's word was, and the seat that the caller has.
func (m *RWMutex) enter() (word, seat uint64, entered bool, err error) {
	word = m.word.Load()
	if ownerOf(word) == 0 && word&lockDeleted == 0 {
		if seat, entered = m.sit(); !entered {
			return word, 0, false, driver.ErrClosed
		}
		if broken != readBlindly {
			word = m.word.Load() // a writer that came between has not seen us, but we see it
		}
		if ownerOf(word) == 0 && word&lockDeleted == 0 && !m.s.closed.Load() {
			return word, seat, true, nil
		}
		m.stand(seat)
	}
	if word&lockDeleted != 0 || m.s.closed.Load() {
		return word, 0, false, driver.ErrClosed
	}
	return word, 0, false, nil
}

// sit takes a seat, and returns what its word is; 0 for one in the crowd. False where
// the seats are not ours any more, since the space is closed.
func (m *RWMutex) sit() (seat uint64, ok bool) {
	for k := range m.seats {
		free := m.seats[k].Load()
		seat := uint64(uint32(free)+seatOne) | seatTaken | m.me
		if free&seatTaken == 0 && free>>32<<32 == m.me && m.seats[k].CompareAndSwap(free, seat) {
			return seat, true
		}
	}
	for {
		crowd := m.crowd.Load()
		if crowd>>32<<32 != m.me {
			return 0, false
		}
		if m.crowd.CompareAndSwap(crowd, crowd+1) {
			return 0, true
		}
	}
}

// stand gives a seat up, and tells a writer that may have waited for that; false
// where it was given up before, or is not ours any more.
func (m *RWMutex) stand(seat uint64) bool {
	if seat == 0 {
		if !m.leaveCrowd() {
			return false
		}
	} else if !m.seats[seat/seatIndex%readSeats].CompareAndSwap(seat, seat&^seatTaken) {
		return false
	}
	if m.word.Load()&lockDraining != 0 && !reads(m.s, m.attach) && broken != leaveSilently {
		m.s.tellDrainer(m.at)
	}
	return true
}

func (m *RWMutex) leaveCrowd() bool {
	for {
		crowd := m.crowd.Load()
		if crowd>>32<<32 != m.me || uint32(crowd) == 0 {
			return false
		}
		if m.crowd.CompareAndSwap(crowd, crowd-1) {
			return true
		}
	}
}

func (m *RWMutex) begun(word, seat uint64) (driver.Unlocker, driver.Holding, error) {
	m.race.acquire()
	abandoned := word&lockAbandoned != 0
	if seat != 0 {
		return &m.reader, driver.NewHolding(seat, 0, abandoned), nil
	}
	r := readings.Get().(*reading)
	r.lock = m
	return r, driver.NewHolding(r.turn.Load(), 0, abandoned), nil
}

// end ends a reader's holding.
func (m *RWMutex) end(seat uint64) error {
	m.readers.release()
	ours := m.stand(seat)
	switch {
	case m.s.closed.Load():
		return driver.ErrClosed
	case !ours:
		return driver.ErrNotHeld
	}
	return nil
}

// A readLock is what a reader's Guard knows of the lock: it cannot lock it.
type readLock struct{ lock *RWMutex }

// Unlock ends a reader's holding: driver.ErrNotHeld if it has ended before.
func (r *readLock) Unlock(h driver.Holding) error {
	if h.Word&seatTaken == 0 {
		return r.lock.failed("unlock", driver.ErrNotHeld)
	}
	return r.lock.failed("unlock", r.lock.end(h.Word))
}

// A reading is what the Guard of a reader in the crowd ends its holding by. The word
// of that holding is what turn was when it began: one that has ended has another,
// also when the reading, which is used again and again, stands for somebody else's by
// now.
type reading struct {
	turn atomic.Uint64
	lock *RWMutex // nil between holdings; read and written by who has made the turn
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// Unlock ends a reader's holding: driver.ErrNotHeld if it has ended before.
func (r *reading) Unlock(h driver.Holding) error {
	if !r.turn.CompareAndSwap(h.Word, h.Word+1) {
		return driver.ErrNotHeld
	}
	m := r.lock
	r.lock = nil
	readings.Put(r)
	err := m.failed("unlock", m.end(0))
	runtime.KeepAlive(m)
	return err
}

// readerAt is the owner of that attachment if it reads, or nobody.
func (s *Space) readerAt(attachment uint64) owner {
	o := ownerOf(s.a.Load(attachment))
	if o == 0 {
		return 0
	}
	for k := range uint64(readSeats) {
		if seat := s.a.Load(attachment + attachSeats + 8*k); ownerOf(seat) == o && seat&seatTaken != 0 {
			return o
		}
	}
	if crowd := s.a.Load(attachment + attachCrowd); ownerOf(crowd) == o && uint32(crowd) > 0 {
		return o
	}
	return 0
}

func reads(s *Space, attachment uint64) bool { return s.readerAt(attachment) != 0 }

// beginReaders makes our seats empty: an earlier object may have left something there.
func beginReaders(s *Space, attachment uint64) {
	for k := range uint64(readSeats) {
		s.a.Store(attachment+attachSeats+8*k, s.me.high()|k*seatIndex)
	}
	s.a.Store(attachment+attachCrowd, s.me.high())
}
