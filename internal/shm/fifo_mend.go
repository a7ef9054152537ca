package shm

// mend finds the words of a section again that its last holder, who died there, may not
// have written; and for who gets, it takes back what the dead had on loan.
func (f *fifo) mend(sec *section) error {
	if sec == &f.putting {
		return f.mendTail()
	}
	if err := f.mendHead(); err != nil {
		return err
	}
	f.o.s.ringAll(f.at) // there may be room, or something that has come back
	return nil
}

// mendTail moves tail behind what was put.
func (f *fifo) mendTail() error {
	a := f.o.s.a
	at, err := f.place(a.Load(f.at + fifoTail))
	if err != nil {
		return err
	}
	if at != f.at+fifoFirst {
		f.forgetSpare(a.Load(f.segmentOf(at) + segSelf))
	}
	seq := a.Load(f.at + fifoTailSeq)
	for range f.mostRecords() {
		if f.isHeader(at) {
			first := f.follow(at)
			if first == 0 {
				break
			}
			f.o.s.settle(block(a.Load(at + segNext)))
			f.forgetSpare(a.Load(at + segNext))
			at = first
			continue
		}
		word := a.Load(at)
		if word&recLarge != 0 && a.Load(at+recBlock) == 0 { // not committed
			a.Store(at, recEmpty)
			break
		}
		if recState(word) == recEmpty {
			break
		}
		if recState(word) == recSkip {
			at = f.segmentOf(at)
			continue
		}
		r := f.record(at, word)
		seq, at = r.seq+f.weight(r.length), f.after(r)
	}
	a.Write(f.at+fifoTailSeq, seq)
	a.Write(f.at+fifoTail, at)
	f.mendOrigin(seq)
	return nil
}

// forgetSpare says that a segment is in the chain, and no spare one any more.
func (f *fifo) forgetSpare(b uint64) {
	if broken != queueKeepsSpare {
		f.o.s.a.CompareAndSwap(f.at+fifoSpare, b, 0)
	}
}

// mendHead moves head behind what was taken, takes back what those had on loan who are
// dead, and counts anew. It goes through the segments that something is out of, not
// through what waits to be taken.
func (f *fifo) mendHead() error {
	a := f.o.s.a
	if broken != queueUnmarksLate {
		f.unmarkDeaths() // before the look: a later death is seen later
	}
	f.mendRetired()
	head, err := f.place(a.Load(f.at + fifoHead))
	if err != nil {
		return err
	}
	for !f.isHeader(head) && isTaken(a.Load(head)) {
		head = f.after(f.record(head, a.Load(head)))
	}
	a.Store(f.at+fifoHead, head)
	c := f.recount(head, &judge{f: f})
	if broken == queueUnmarksLate {
		f.unmarkDeaths()
	}
	a.Write(f.at+fifoOut, c.out)
	a.Write(f.at+fifoBack, c.back)
	a.Store(f.at+fifoSpent, c.spent)
	a.Write(f.at+fifoReturns, c.returns)
	a.Store(f.at+fifoReturned, c.returned)
	a.Store(f.at+fifoDone, c.seq-c.out)
	for _, seg := range c.empty {
		f.remove(seg)
	}
	return nil
}

// unmarkDeaths says that the deaths there were are seen to.
func (f *fifo) unmarkDeaths() {
	a := f.o.s.a
	if root := a.Load(f.o.at + entRoot); root&f.deaths() != 0 {
		a.CompareAndSwap(f.o.at+entRoot, root, root&^f.deaths())
	}
}

// isTaken reports whether a record was taken, and is not over with by head alone.
func isTaken(word uint64) bool {
	st := recState(word)
	return st != recEmpty && st != recFull && st != recSkip
}

// mendRetired frees the segment that was about to leave the chain, if it has left.
func (f *fifo) mendRetired() {
	s := f.o.s
	b := block(s.a.Load(f.at + fifoRetired))
	if b == 0 {
		return
	}
	if block(s.a.Load(f.at+fifoSpare)) != b && !f.isLinked(b) && broken != queueForgetsRetired {
		s.free(b)
	}
	s.a.Write(f.at+fifoRetired, 0)
}

// A count is what was found by going through the records before head.
type count struct {
	seq, out, back, spent, returns uint64
	returned                       uint64   // the first
	empty, wrong                   []uint64 // segments that nothing is out of, or another number than is written there
}

// recount goes through the records before head, and has judge decide about them. nil:
// they stay as they are.
func (f *fifo) recount(head uint64, judge *judge) (c count) {
	if head == f.at+fifoFirst {
		return c
	}
	a := f.o.s.a
	for header := range f.segments {
		first := f.follow(header)
		if first == 0 {
			return c
		}
		seg, out := first-segmentHeader, uint64(0)
		c.seq = a.Load(seg + segSeq)
		for r := range f.recordsFrom(first, head) {
			weight := f.weight(r.length)
			c.seq = r.seq + weight
			st := recState(r.word)
			if judge != nil {
				st = recState(judge.resolve(r))
			}
			if st == recFull || st == recOver {
				continue
			}
			out++
			c.out += weight
			switch st {
			case recSpent, recMoving:
				c.spent++
			case recReturned:
				c.returns++
				if c.returned == 0 {
					c.returned = r.at
				}
				fallthrough
			case recLent:
				c.back += weight
			}
		}
		if judge != nil {
			a.Write(seg+segOut, out)
		} else if a.Load(seg+segOut) != out {
			c.wrong = append(c.wrong, seg)
		}
		if seg == f.segmentOf(head) {
			return c
		}
		if out == 0 {
			c.empty = append(c.empty, seg)
		}
	}
	return c
}

// A judge knows who has ceased to act.
type judge struct {
	f   *fifo
	has map[owner]bool // whether it may have something
}

// resolve decides about a record that one may have taken who has ceased to act since, and
// returns its word.
func (j *judge) resolve(r recordAt) uint64 {
	f, word := j.f, r.word
	switch o := ownerOf(word); recState(word) {
	case recLent:
		if j.holds(o) {
			return word
		}
		word = f.returned(word)
	case recTaken:
		if j.holds(o) {
			return word
		}
		f.freeBlock(r.at)
		word = over(word)
	default:
		return word
	}
	f.o.s.a.Store(r.at, word)
	return word
}

func (j *judge) holds(o owner) bool {
	has, known := j.has[o]
	if !known {
		if j.has == nil {
			j.has = make(map[owner]bool)
		}
		has = j.f.holds(o)
		j.has[o] = has
	}
	return has
}

// mindDeaths has the getting section mended if it wants that, and reports whether it
// was. Who has looked in vain calls it before it sleeps, at whichever end: a dead one may
// have had what it waits for, and its death been told, and the bells rung, after the look
// began.
func (f *fifo) mindDeaths() bool {
	if !f.hasDeaths() && f.getting.word.Load()&sectionAbandoned == 0 || broken == queueLooksOnce {
		return false
	}
	_, entered, err := f.enter(&f.getting, 0)
	if entered {
		f.leave(&f.getting, 0)
		f.exit(&f.getting)
	}
	return entered && err == nil
}
