package shm

// An orphan is a Signal that was not used: its waiter has died, or could not take
// the lock again. It stands in that one's cell, without an owner:
//
//	bits 0-30  the bound: a ticket that was drawn when that was noticed
//	bit  31    condOrphan
//
// Whoever waits by then may adopt it, and nobody else: those whose tickets come
// before the bound. The bound also makes the word unlike that of all other orphans,
// so that who takes one for nobody's any more cannot free another.
//
// {dead, signalled} -> {orphan} -> {me, signalled} by who adopts it; or -> {0} where
// nobody is left who may.
const condOrphan = 1 << 31

func isOrphan(word uint64) bool { return ownerOf(word) == 0 && word&condOrphan != 0 }

// orphan makes an orphan of the Signal in a cell of object i whose word is word.
func (s *Space) orphan(i int, cell, word uint64) {
	bound := s.drawTicket(s.object(i), 0) & (condOrphan - 1)
	s.a.CompareAndSwap(cell, word, condOrphan|bound)
}

// passOn makes an orphan of the Signal in our own cell. After Close, which has taken
// us for dead, that is done.
func (c *Cond) passOn(cell uint64) {
	if c.s.begins() {
		defer c.s.ends()
		c.s.orphan(c.i, cell, c.s.me.high()|condSignalled)
		c.s.drawTicket(c.at, condOrphans)
		c.s.callWaiters(c.i, c.meta)
	}
}

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
		if (ticketBefore(cell.ticket, word) || broken == condAdoptLate) &&
			c.s.a.CompareAndSwap(at, word, c.s.me.high()|condSignalled) {
			if !c.giveUp(cell) && broken != condKeepBoth { // a Signal has come too: one is enough
				c.passOn(at)
			} else {
				cell.at = at
			}
			return true
		}
		if c.someoneBefore(word) || !c.s.a.CompareAndSwap(at, word, 0) {
			left = true
		}
	}
	if !left { // unless there are new ones: their bounds were drawn meanwhile
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

// recoverCond is the sweep's part: a dead waiter waits no more, and what it was
// signalled goes to another. The dead one's own attachment stays until those who
// wait are awake: it may have died before it woke them itself. They are only woken,
// and entTickets is no other kind's, since object i may be another by now.
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
	if attached && orphans {
		s.drawTicket(s.object(i), condOrphans)
	}
	if attached {
		for at := range s.condWaiters(i, meta) {
			s.wakeWaiter(at)
		}
	}
	return attached
}

// freeOrphans clears what is left of a condition that is to become another object.
func freeOrphans(s *Space, i int, meta uint64) {
	for at := range s.attachments(i, meta) {
		if word := s.a.Load(at); isOrphan(word) {
			s.a.CompareAndSwap(at, word, 0)
		}
	}
}
