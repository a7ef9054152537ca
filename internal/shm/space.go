package shm

import (
	"sync/atomic"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Space is one use of a space: an owner slot, and the objects that are open
// through it.
type Space struct {
	layout
	a    *arena.Arena
	me   owner
	seed uint64
	name string // "" for the family's

	// table guards what follows. Opening, making and deleting objects happen
	// under it, so that Close cannot come between their steps.
	table *arena.Gate
	open  map[int]opened // by index
	kept  map[int]bool   // those of them that only what the process holds keeps open
	hint  int            // where a free entry may be

	// given are the objects whose memory was given out, by attachment: see keep. It
	// changes under table, and not any more once closed is true.
	given map[uint64]*Object

	heap    heap
	watches watches

	closed atomic.Bool
	done   chan struct{} // closed with it
	inside atomic.Int32  // goroutines that change what Close has to find unchanging
}

// Attach makes this process an owner in the space that a is.
func Attach(a *arena.Arena, boot [2]uint64) (*Space, error) {
	s, err := newSpace(a, boot)
	if err != nil {
		return nil, err
	}
	var buried bool
	if s.me, buried, err = s.claimSlot(a); err != nil {
		return nil, err
	}
	if buried {
		s.finishDeleted()
	}
	return s, nil
}

func newSpace(a *arena.Arena, boot [2]uint64) (*Space, error) {
	l, err := readLayout(a, boot)
	if err != nil {
		return nil, err
	}
	return &Space{
		layout: l,
		a:      a,
		seed:   a.Load(hdrSeed),
		table:  a.NewGate(),
		open:   make(map[int]opened),
		kept:   make(map[int]bool),
		heap:   heap{gate: a.NewGate()},
		done:   make(chan struct{}),
	}, nil
}

// enterTable has the caller open and make objects alone, until it leaves.
func (s *Space) enterTable(cancel <-chan struct{}) error {
	if !s.table.Enter(cancel, s.done) || s.closed.Load() {
		if s.closed.Load() {
			return driver.ErrClosed
		}
		return errGaveUp
	}
	return nil
}

// Close gives up everything that this process has through s, as if it had died,
// and ends the waits of its goroutines. Memory that it has given out stays good: see
// keep.
func (s *Space) Close() error {
	if err := s.enterTable(nil); err != nil {
		return err
	}
	s.closed.Store(true)
	close(s.done)
	s.table.Leave()
	s.a.Until(func() bool { return s.inside.Load() == 0 && !s.inSections() })
	s.undo(s.me)
	if len(s.given) > 0 {
		s.a.Store(s.slot(s.me.slot())+slotRetired, 1)
		return nil
	}
	return s.a.Close()
}

// begins begins what takes several steps, all of which have to come before Close
// gives our slot up; false where Close was first. Operations of one word do without:
// they look at closed afterwards. Sections count for themselves who is inside.
func (s *Space) begins() bool {
	s.inside.Add(1)
	if s.closed.Load() {
		s.inside.Add(-1)
		return false
	}
	return true
}

func (s *Space) ends() { s.inside.Add(-1) }

// Identity tells this space from all others: it is drawn by lot when one is made.
func (s *Space) Identity() (uint64, error) {
	if s.closed.Load() {
		return 0, driver.ErrClosed
	}
	return s.seed, nil
}

// Name returns the name that the space was opened by, or "" for the family's.
func (s *Space) Name() string { return s.name }
