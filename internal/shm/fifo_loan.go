package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// endLoan ends a loan of ours: the record is over with, or comes back.
func (f *fifo) endLoan(ctx context.Context, l driver.Loan, back bool) error {
	f.o.race.release()
	at, word, seq, self := l.Own[0], l.Own[1], l.Own[2], l.Own[3]
	if _, err := f.place(at); err != nil || ownerOf(word) != f.o.s.me || f.isHeader(at) {
		return driver.ErrNotHeld
	}
	err := f.visit(ctx, visit{section: &f.getting, do: func() (bool, error) {
		r := f.record(at, f.o.s.a.Load(at))
		if r.word != word || r.seq != seq || f.o.s.a.Load(f.segmentOf(at)+segSelf) != self {
			return false, driver.ErrNotHeld
		}
		if back {
			f.giveBack(r)
		} else {
			if r.large() { // who dies between must not leave a record that comes back without its block
				if broken != queueFreesFirst {
					f.o.s.a.Store(at, recLarge|recTaken|f.o.s.me.high())
				}
				f.freeBlock(at)
			}
			f.o.s.a.Store(at, over(r.word))
			f.over(r, true)
		}
		f.countHeld(-1)
		if a := f.o.s.a; a.Load(f.at+fifoSpent) != 0 {
			_ = f.sendSpent() // else whoever comes next
		}
		return true, nil
	}}, false)
	if err != nil {
		return err
	}
	if back {
		f.tell(fifoGetBell, 1)
	} else {
		f.telling(f.freed)
	}
	return nil
}

// giveBack makes a lent record a returned one, or one that is not lent again.
func (f *fifo) giveBack(r recordAt) {
	a := f.o.s.a
	word := f.returned(r.word)
	a.Store(r.at, word)
	if recState(word) == recSpent {
		a.Store(f.at+fifoSpent, a.Load(f.at+fifoSpent)+1)
		f.add(f.at+fifoBack, -f.weight(r.length))
		return
	}
	f.add(f.at+fifoReturns, 1)
	first, err := f.place(a.Load(f.at + fifoReturned))
	if err != nil || int64(r.seq-a.Load(first+recSeq)) < 0 {
		a.Store(f.at+fifoReturned, r.at)
	}
}

// returned is what the word of a lent record becomes when it comes back.
func (f *fifo) returned(word uint64) uint64 {
	word &= recAttempts | recLarge
	if f.mostLoans > 0 && attempts(word) >= f.mostLoans {
		return word | recSpent
	}
	return word | recReturned
}

// nextReturned is the first record behind r, which is before head, that has come back.
func (f *fifo) nextReturned(r recordAt) uint64 {
	a := f.o.s.a
	if a.Load(f.at+fifoReturns) == 0 {
		return 0
	}
	head := a.Load(f.at + fifoHead)
	seg, from := f.segmentOf(r.at), f.after(r)
	for range f.mostSegments() {
		for next := range f.recordsFrom(from, head) {
			if recState(next.word) == recReturned {
				return next.at
			}
		}
		if seg == f.segmentOf(head) {
			return 0
		}
		if from = f.follow(seg); from == 0 {
			return 0
		}
		seg = f.segmentOf(from)
	}
	return 0
}

// countHeld counts, in its attachment, what this process has on loan or is copying: more
// than nothing keeps the attachment, and says that it is not given up.
//
// The fifos of a pipe, whose sections do not keep one another out, share the count.
func (f *fifo) countHeld(delta int) {
	o := f.o
	at := share(o.attach, fifoHeld)
	for {
		word, held := o.s.a.Load(at), 0
		if ownerOf(word) == o.s.me {
			held = int(uint32(word))
		}
		if o.s.a.CompareAndSwap(at, word, o.s.me.high()|uint64(max(0, held+delta))) {
			return
		}
	}
}

// fifoHeld is the share of an attachment that counts what its owner has of a fifo.
const fifoHeld = 1

// holdsRecords reports whether the owner of an attachment has something of a fifo.
func holdsRecords(s *Space, attachment uint64) bool {
	word := s.a.Load(share(attachment, fifoHeld))
	return ownerOf(word) == ownerOf(s.a.Load(attachment)) && uint32(word) > 0
}

// holds reports whether o lives, and has not given up what it has of the fifo.
func (f *fifo) holds(o owner) bool {
	s := f.o.s
	if !s.alive(o) {
		return false
	}
	for attachment := range s.attachments(f.o.i, f.o.meta) {
		if ownerOf(s.a.Load(attachment)) == o && holdsRecords(s, attachment) {
			return true
		}
	}
	return false
}

func (f *fifo) hasDeaths() bool { return f.o.s.a.Load(f.o.at+entRoot)&f.deaths() != 0 }

// deaths is the mark in entRoot that is this fifo's.
func (f *fifo) deaths() uint64 { return rootDeath << f.k }

// recoverFifos is the sweep's part. Nothing is changed of the fifos but the words that
// name the dead: whoever goes in next, and sees the mark in entRoot, finds the rest.
func recoverFifos(s *Space, i int, meta uint64, dead owner) bool {
	attached := false
	for attachment := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(attachment)) == dead {
			attached = true
			at := share(attachment, fifoHeld)
			if held := s.a.Load(at); ownerOf(held) == dead && broken != queueKeepsLoans { // so that it is given up
				s.a.CompareAndSwap(at, held, 0)
			}
		}
	}
	if !attached {
		return false
	}
	s.markDeaths(i)
	if s.me == 0 {
		return true // whoever comes to the section finds its owner dead
	}
	mine, err := s.borrow(i, meta)
	if err != nil {
		return true
	}
	defer s.giveBack(i, meta, mine)
	root := s.root(i)
	if root == 0 {
		return true
	}
	for k := range kinds[s.specOf(i).Kind].fifos {
		at := root + uint64(k)*fifoSize
		for _, section := range []uint64{at + fifoPutting, at + fifoGetting} {
			s.freeSection(section, dead)
			s.a.Wake(section, 1) // which it may have been woken for
		}
		s.ringAll(at)
	}
	return true
}

// markDeaths says that the getting sections of object i want mending.
func (s *Space) markDeaths(i int) {
	for {
		word := s.a.Load(s.object(i) + entRoot)
		if word == 0 || word&rootDeaths == rootDeaths || s.a.CompareAndSwap(s.object(i)+entRoot, word, word|rootDeaths) {
			return
		}
	}
}
