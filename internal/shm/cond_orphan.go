package shm

// An orphan is a Signal that was not used: its waiter has died, or could not take
// the lock again. It stands in that one's cell, in place of an owner:
//
//	word 0: condOrphan, and the low bits of the bound in bits 0-23
//	word 2: the bound in its low half; in its high half the owner that is dead, if one is
//
// Whoever waits by then may adopt it, and nobody else: those whose tickets come
// before the bound, a ticket that is drawn when the death is noticed. That ticket
// also makes the word unlike that of all other orphans, so that who takes one for
// nobody's any more cannot free another.
//
// {dead, signalled} -> {orphan} -> {me, signalled} by who adopts it; or -> {0} where
// nobody is left who may.
const (
	condOrphan    = 1 << 31
	condBoundBits = 1<<24 - 1
)

func isOrphan(word uint64) bool { return ownerOf(word) == 0 && word&condOrphan != 0 }

// adopt looks at the orphans, and reports whether one is ours now. tickets is the
// word entTickets of before.
func (c *Cond) adopt(cell *condCell, tickets uint64) bool {
	if !c.s.begins() {
		return false
	}
	defer c.s.ends()
	left := false
	for at := range c.s.attachments(c.i, c.meta) {
		word := c.s.a.Load(at)
		if !isOrphan(word) {
			continue
		}
		bound := c.s.a.Load(at + condBound)
		if (ticketBefore(cell.ticket, bound) || broken == condAdoptLate) &&
			c.s.a.CompareAndSwap(at, word, c.s.me.high()|condSignalled) {
			if !c.giveUp(cell) && broken != condKeepBoth { // a Signal has come too: one is enough
				c.passOn(at)
			} else {
				cell.at = at
			}
			return true
		}
		if c.someoneBefore(bound) || !c.s.a.CompareAndSwap(at, word, 0) {
			left = true
		}
	}
	if !left { // unless there are new ones, which have been announced by a ticket
		c.s.a.CompareAndSwap(c.at+entTickets, tickets, tickets&^condOrphans)
	}
	return false
}

// someoneBefore reports whether anybody waits who may adopt an orphan of that bound.
func (c *Cond) someoneBefore(bound uint64) bool {
	tickets := c.s.a.Load(c.at + entTickets)
	for at := range c.s.condWaiters(c.i, c.meta) {
		ticket := c.s.a.Load(at + condTicket)
		if ticketBefore(ticket, bound) && !beforeBroadcast(ticket, tickets) {
			return true
		}
	}
	return false
}

// passOn makes an orphan of the Signal in our own cell at. After Close, which has
// taken us for dead, that is done.
func (c *Cond) passOn(at uint64) {
	if c.s.begins() {
		defer c.s.ends()
		bound := uint64(uint32(c.s.drawTicket(c.at, 0)))
		c.s.a.Store(at+condBound, bound) // without our name: a sweep would draw another
		c.s.a.CompareAndSwap(at, c.s.me.high()|condSignalled, condOrphan|bound&condBoundBits)
		c.s.announceOrphans(c.i, c.meta)
	}
}

// orphan makes an orphan of the Signal in the cell at of object i, whose word names
// the dead one. Several may do that at once: the first bound is the one that counts.
func (s *Space) orphan(i int, at, word uint64) {
	dead := ownerOf(word)
	bound := s.a.Load(at + condBound)
	if ownerOf(bound) != dead {
		drawn := dead.high() | uint64(uint32(s.drawTicket(s.object(i), 0)))
		s.a.CompareAndSwap(at+condBound, bound, drawn)
		bound = s.a.Load(at + condBound)
	}
	s.a.CompareAndSwap(at, word, condOrphan|bound&condBoundBits)
}

// announceOrphans has those who wait look for orphans.
func (s *Space) announceOrphans(i int, meta uint64) {
	s.drawTicket(s.object(i), condOrphans)
	s.callWaiters(i, meta)
}

// recoverCond is the sweep's part: a dead waiter waits no more, and what it was
// signalled goes to another. The dead one's other attachment stays until those who
// wait have been called, since it may have died before it did that itself.
func recoverCond(s *Space, i int, meta uint64, dead owner) bool {
	attached, orphans := false, false
	for at := range s.attachments(i, meta) {
		for {
			word := s.a.Load(at)
			orphans = orphans || isOrphan(word)
			if ownerOf(word) != dead {
				break
			}
			attached = true
			if word&(condWaiting|condSignalled) == 0 {
				break
			}
			if word&condSignalled != 0 && broken != condForgetSignal {
				s.orphan(i, at, word)
			} else {
				s.a.CompareAndSwap(at, word, 0)
			}
		}
	}
	switch {
	case attached && orphans:
		s.announceOrphans(i, meta)
	case attached:
		s.callWaiters(i, meta)
	}
	return attached
}

// freeOrphans clears what is left of a condition that becomes another object.
func (s *Space) freeOrphans(i int, meta uint64) {
	for at := range s.attachments(i, meta) {
		if word := s.a.Load(at); isOrphan(word) {
			s.a.CompareAndSwap(at, word, 0)
		}
	}
}
