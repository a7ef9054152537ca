package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Cond is one word, entTickets, and a cell for each goroutine that waits.
//
//	bits 0-31   tickets drawn
//	bit  32     there may be orphans
//	bits 33-63  broadcasts
//
// A cell is an attachment of the object that a goroutine has for itself. Its word 0
// says in its low half what the goroutine, or its process, is there for:
//
//	0                      it begins to wait; or not a cell, but the process's own attachment
//	condWaiting            it waits; with condCalled it is to look again
//	condSignalled          a Signal is its own
//	condOrphan, no owner   a Signal whose waiter has died (see cond_orphan.go)
//
// and word 1 is its ticket: entTickets as it was when the ticket was drawn. Who has
// the lowest ticket is signalled first; and who was there before a broadcast sees
// by its ticket that it is meant, so that a broadcast is one compare-and-swap too.
//
// {me, 0} -> {me, waiting} by the waiter, while it holds the lock; -> {me, signalled}
// by a Signal; -> {0} by the waiter when it holds the lock again. Only then has its
// Wait returned: if it dies before, the Signal goes to another.
type Cond struct{ *Object }

const (
	condTicket = 8 // a cell's word 1

	condWaiting   = 1
	condSignalled = 1 << 24
	condCalled    = 1 << 25

	condOrphans = 1 << 32
	condRound   = 1 << 33 // one of the broadcasts
)

// A condCell is where one goroutine waits; at is 0 once it has given the cell up.
type condCell struct{ at, ticket uint64 }

func init() {
	kinds[CondKind] = kindOf{
		name: "cond", sleeps: entTickets, patience: eventPatience,
		recover: recoverCond, doom: doomCond, strip: freeOrphans,
	}
}

// OpenCond attaches to a condition, or makes it.
func (s *Space) OpenCond(ctx context.Context, which driver.Which) (driver.Cond, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: CondKind})
	if err != nil {
		return nil, err
	}
	return &Cond{o}, nil
}

// Wait gives lock up from the holding h, waits, and takes lock again. It begins to
// wait before it gives lock up, so that no Signal can come between.
func (c *Cond) Wait(ctx context.Context, lock driver.Locker, h driver.Holding) (driver.Holding, error) {
	if broken == condUnlockFirst {
		if err := lock.Unlock(h); err != nil {
			return h, err
		}
	}
	cell, err := c.enroll()
	if err != nil {
		return h, err
	}
	if broken != condUnlockFirst {
		err = lock.Unlock(h)
	}
	if err != nil { // it was not held: all is as if we had not come
		if !c.giveUp(&cell) {
			c.passOn(cell.at)
		}
		return h, err
	}
	why := c.sleep(ctx, &cell)
	again, err := lock.Lock(context.Background())
	if err != nil { // it is gone
		if cell.at != 0 {
			c.passOn(cell.at)
		}
		return driver.Holding{}, err
	}
	if cell.at != 0 && !c.s.a.CompareAndSwap(cell.at, c.s.me.high()|condSignalled, 0) {
		return again, driver.ErrClosed // and Close has passed the Signal on
	}
	c.race.acquire()
	return again, why
}

// enroll gives the caller a cell in which it waits.
func (c *Cond) enroll() (cell condCell, err error) {
	if !c.s.begins() {
		return cell, driver.ErrClosed
	}
	defer c.s.ends()
	if err := c.gone(); err != nil {
		return cell, err
	}
	at, err := c.s.attach(c.i, c.meta)
	if err != nil {
		return cell, asClosed(err)
	}
	ticket := c.s.drawTicket(c.at, 0)
	c.s.a.Store(at+condTicket, ticket)
	c.s.a.CompareAndSwap(at, c.s.me.high(), c.s.me.high()|condWaiting)
	return condCell{at, ticket}, nil
}

// drawTicket draws the next ticket of the condition whose entry begins at at, and
// sets flags beside it.
func (s *Space) drawTicket(at, flags uint64) (ticket uint64) {
	for {
		last := s.a.Load(at + entTickets)
		ticket = last&^(1<<32-1) | uint64(uint32(last)+1) | flags
		if s.a.CompareAndSwap(at+entTickets, last, ticket) {
			return ticket
		}
	}
}

// sleep waits until a Signal is ours, or there is another reason to end: nil for a
// broadcast. Only a Signal leaves us the cell.
func (c *Cond) sleep(ctx context.Context, cell *condCell) error {
	end := func(why error) error {
		gaveUp := c.giveUp(cell) || broken == condGiveUpBlindly
		if !gaveUp || beforeBroadcast(cell.ticket, c.s.a.Load(c.at+entTickets)) {
			return nil // a Signal or a broadcast was first
		}
		return why
	}
	look := func(bool) (uint32, bool, error) { woken, err := c.look(cell); return 0, woken, err }
	if woken, err := c.spin(on(cell.at, look)); woken || err != nil {
		return end(err)
	}
	for pause := relook; ; {
		if woken, err := c.look(cell); woken || err != nil {
			return end(err)
		}
		last := relookLast
		if c.watchCompany() {
			last = relookWatched
		}
		if c.s.a.Sleep(cell.at, condWaiting, pause, ctx.Done(), c.s.done) {
			pause = min(2*pause, last)
		}
		if arena.Ended(ctx.Done()) {
			return end(c.whyNot(ctx))
		}
	}
}

// look reports whether there is a reason to wait no more. Whoever calls us, to have
// us look, does so by our cell's word, since it is what we sleep on.
func (c *Cond) look(cell *condCell) (woken bool, err error) {
	word := c.s.a.Load(cell.at)
	switch {
	case ownerOf(word) != c.s.me:
		return false, driver.ErrClosed // Close has taken the cell from us
	case word&condSignalled != 0:
		return true, nil
	case word&condCalled != 0:
		c.s.a.CompareAndSwap(cell.at, word, word&^condCalled)
	}
	tickets := c.s.a.Load(c.at + entTickets)
	if beforeBroadcast(cell.ticket, tickets) {
		return true, nil
	}
	if err := c.gone(); err != nil {
		return false, err
	}
	return tickets&condOrphans != 0 && c.adopt(cell, tickets), nil
}

// beforeBroadcast reports whether there was a broadcast after the ticket was drawn.
func beforeBroadcast(ticket, tickets uint64) bool { return ticket/condRound != tickets/condRound }

// giveUp gives up a cell in which we wait; false where that has a Signal.
func (c *Cond) giveUp(cell *condCell) bool {
	for {
		word := c.s.a.Load(cell.at)
		if ownerOf(word) != c.s.me || word&condWaiting == 0 {
			return false
		}
		if c.s.a.CompareAndSwap(cell.at, word, 0) {
			cell.at = 0
			return true
		}
	}
}

// Signal lets the one go on who has waited longest.
func (c *Cond) Signal(context.Context) error {
	c.race.release()
	if !c.s.begins() {
		return driver.ErrClosed
	}
	defer c.s.ends()
	for {
		if err := c.gone(); err != nil {
			return err
		}
		at, word := c.first()
		if at == 0 {
			return nil
		}
		if c.s.a.CompareAndSwap(at, word, uint64(ownerOf(word))<<32|condSignalled) {
			c.s.wakeWaiter(at)
			return nil
		}
	}
}

// first returns the cell with the lowest ticket of those who wait, and its word.
func (c *Cond) first() (first, its uint64) {
	tickets := c.s.a.Load(c.at + entTickets)
	lowest := uint64(0)
	for at, word := range c.s.condWaiters(c.i, c.meta) {
		ticket := c.s.a.Load(at + condTicket)
		if !beforeBroadcast(ticket, tickets) && (first == 0 || ticketBefore(ticket, lowest)) {
			first, its, lowest = at, word, ticket
		}
	}
	return first, its
}

// ticketBefore compares tickets by their 31 low bits: there may be any number of them
// in time, but while one is in use less than 1<<30 are drawn.
func ticketBefore(a, b uint64) bool { return int32(uint32(a-b)<<1) < 0 }

// Broadcast lets all go on who wait.
func (c *Cond) Broadcast(context.Context) error {
	c.race.release()
	if !c.s.begins() {
		return driver.ErrClosed
	}
	defer c.s.ends()
	for {
		if err := c.gone(); err != nil {
			return err
		}
		tickets := c.s.a.Load(c.at + entTickets)
		if c.s.a.CompareAndSwap(c.at+entTickets, tickets, tickets+condRound) {
			c.s.callWaiters(c.i, c.meta)
			return nil
		}
	}
}

// condWaiters yields the cells of object i in which somebody waits, and their words.
func (s *Space) condWaiters(i int, meta uint64) func(yield func(at, word uint64) bool) {
	return func(yield func(at, word uint64) bool) {
		for at := range s.attachments(i, meta) {
			if word := s.a.Load(at); word&condWaiting != 0 && ownerOf(word) != 0 && !yield(at, word) {
				return
			}
		}
	}
}

// callWaiters has all who wait look again.
func (s *Space) callWaiters(i int, meta uint64) {
	for at, word := range s.condWaiters(i, meta) {
		if word&condCalled != 0 || s.a.CompareAndSwap(at, word, word|condCalled) {
			s.wakeWaiter(at)
		}
	}
}

// wakeWaiter wakes who sleeps in the cell at. That may be two, for a moment: one who
// had the cell until its space was closed, and has not noticed.
func (s *Space) wakeWaiter(at uint64) { s.a.Wake(at, everyone) }

// doomCond has those who wait see that the condition is deleted.
func doomCond(s *Space, at uint64) {
	if broken != doomSilently {
		s.callWaiters(int((at-s.objectAt)/objectSize), s.a.Load(at))
	}
}
