package shm

import (
	"fmt"
	"os"
)

// A slot is a process's place in the space.
//
//	state, the first word:
//	  bit  0      taken
//	  bits 32-51  incarnation
//	then pid, start time, length of the name, name; last whether its process has
//	closed the space, and looks after nobody any more
//
// {free: n} -> {taken: n+1} by whoever has the slot's byte locked; {taken: n} ->
// {free: n} once no word names that owner any more. While it is taken the byte
// stays locked until the owner's death: taken and not locked is dead.
const (
	slotPID   = 8
	slotStart = 16
	slotName  = 24 // its length, then its words
	slotTaken = 1

	slotRetired = slotSize - 8

	maxSlotName = slotRetired - slotName - 8
)

// locker locks slots' bytes: an arena, or an opening of it for a child.
type locker interface {
	TryLock(slot int) (bool, error)
	Unlock(slot int) error
}

// claimSlot takes a free slot whose byte is then locked on l; where there is none
// it buries the dead first, and says so.
func (s *Space) claimSlot(l locker) (me owner, buried bool, err error) {
	for _, buried := range []bool{false, true} {
		if buried {
			s.buryAll()
		}
		for i := 1; i < int(s.slots); i++ {
			me, err := s.tryClaim(l, i)
			if me != 0 || err != nil {
				return me, buried, err
			}
		}
	}
	return 0, true, spaceFull(fmt.Errorf("%d processes have it open", s.slots-1))
}

func (s *Space) tryClaim(l locker, i int) (owner, error) {
	at := s.slot(i)
	if s.a.Load(at)&slotTaken != 0 {
		return 0, nil
	}
	if locked, err := l.TryLock(i); !locked || err != nil {
		return 0, err
	}
	if free := s.a.Load(at); free&slotTaken == 0 {
		me := makeOwner(i, free>>32+1)
		s.raise(hdrSlotsHigh, uint64(i)+1)
		if s.a.CompareAndSwap(at, free, me.taken()) {
			s.a.Store(at+slotPID, 0) // the last owner's
			s.a.Store(at+slotName, 0)
			s.a.Store(at+slotRetired, 0)
			return me, nil
		}
	}
	return 0, l.Unlock(i)
}

// taken is the state of o's slot while o lives.
func (o owner) taken() uint64 { return o.incarnation()<<32 | slotTaken }

// alive reports whether o's process lives: proof, not a guess. A stopped process
// is alive.
func (s *Space) alive(o owner) bool {
	if o == s.me {
		return true
	}
	i := o.slot()
	if i < 1 || i >= int(s.slots) || s.a.Load(s.slot(i)) != o.taken() {
		return false
	}
	held, err := s.a.Held(i)
	return held || err != nil
}

// holder returns the owner that has slot i taken, or nobody.
func (s *Space) holder(i int) owner {
	state := s.a.Load(s.slot(i))
	o := makeOwner(i, state>>32)
	if state != o.taken() { // free, or damaged
		return 0
	}
	return o
}

// owners are those who have slots, dead ones too.
func (s *Space) owners(yield func(owner) bool) {
	high := min(s.a.Load(hdrSlotsHigh), s.slots)
	for i := 1; i < int(high); i++ {
		if o := s.holder(i); o != 0 && !yield(o) {
			return
		}
	}
}

// introduce writes who we are into our slot, for Stats and for those who watch.
func (s *Space) introduce(pid int, started uint64) {
	at := s.slot(s.me.slot())
	s.a.Store(at+slotStart, started)
	s.a.Store(at+slotPID, uint64(pid))
	s.Rename(processName())
}

// Rename sets this process's name in Stats.
func (s *Space) Rename(name string) {
	s.storeText(s.slot(s.me.slot())+slotName, name[:min(len(name), maxSlotName)])
}

func processName() string {
	name := os.Args[0]
	for i := len(name) - 1; i >= 0; i-- {
		if os.IsPathSeparator(name[i]) {
			return name[i+1:]
		}
	}
	return name
}

// raise makes the word at off at least v.
func (s *Space) raise(off, v uint64) {
	for {
		old := s.a.Load(off)
		if old >= v || s.a.CompareAndSwap(off, old, v) {
			return
		}
	}
}
