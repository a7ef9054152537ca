package shm

import "sync"

// Memory that was given out as a slice stays good until the process ends: Go has no
// way to take it back. So the process keeps, until then, the attachment that says to
// others that the memory is in use, the slot and its lock that say that the process
// lives, and the mapping. Close gives up all else.

// lasting are the spaces that must not be collected, since memory of theirs was given
// out.
var lasting struct {
	sync.Mutex
	spaces map[*Space]bool
}

// keep keeps our hold of o until the process ends; false where Close was first.
func (s *Space) keep(o *Object) bool {
	if s.enterTable(nil) != nil {
		return s.given[o.attach] == o // nobody writes it any more
	}
	defer s.table.Leave()
	if s.given == nil {
		s.given = make(map[uint64]*Object)
	}
	s.given[o.attach] = o
	if s.a.Hooked() {
		return true // a run of the explorer ends as no process does
	}
	lasting.Lock()
	defer lasting.Unlock()
	if lasting.spaces == nil {
		lasting.spaces = make(map[*Space]bool)
	}
	lasting.spaces[s] = true
	return true
}

// keeps reports whether an attachment of o, which is being swept, is one that we keep
// although we have closed the space.
func (s *Space) keeps(attached uint64, o owner) bool {
	return o == s.me && s.given[attached] != nil && broken != keepNothing
}
