package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A taken is a record that this process has taken.
type taken struct {
	recordAt        // as it stands there now
	data     []byte // of a large one not yet
	self     uint64 // name of the segment that it is in
	lent     bool
}

// take appends the oldest element to buf. Where there is none it waits, or returns
// driver.ErrEmpty; driver.ErrDone where none will come.
func (f *fifo) take(ctx context.Context, buf []byte, wait bool) ([]byte, error) {
	t, err := f.takeOne(ctx, buf, false, wait)
	return t.data, err
}

// receive takes the oldest element on loan.
func (f *fifo) receive(ctx context.Context, wait bool) (driver.Loan, error) {
	t, err := f.takeOne(ctx, nil, true, wait)
	return t.loan(), err
}

func (t *taken) loan() driver.Loan {
	return driver.Loan{Data: t.data, Attempt: int(attempts(t.word)), Own: [4]uint64{t.at, t.word, t.seq, t.self}}
}

func (f *fifo) takeOne(ctx context.Context, buf []byte, lend, wait bool) (t taken, err error) {
	f.o.race.release()
	for look := 0; look == 0 || wait && look < mostLooks && f.soonReady(); look++ {
		_, entered, err := f.enter(&f.getting, 0)
		if err != nil {
			return t, f.orDone(err)
		}
		if !entered {
			break
		}
		t, ok, err := f.pick(buf, lend)
		f.leave(&f.getting, 0)
		if ok && !lend && !t.large() {
			f.freed()
		}
		f.exit(&f.getting)
		if err != nil {
			return taken{}, err
		}
		if ok {
			return t, f.finish(&t, buf)
		}
	}
	all, err := f.takeSlowly(ctx, buf, lend, wait, 1)
	if err != nil {
		return t, err
	}
	return all[0], nil
}

const (
	smallElement = 256
	batchMemory  = 4 << 10
)

// takeSome takes one at least, and no more than most.
func (f *fifo) takeSome(ctx context.Context, lend bool, most int) ([]taken, error) {
	return f.takeSlowly(ctx, nil, lend, true, most)
}

func (f *fifo) takeSlowly(ctx context.Context, buf []byte, lend, wait bool, most int) ([]taken, error) {
	f.o.race.release()
	var all []taken
	var shared []byte // by the small elements of a batch
	some := func() (done bool, err error) {
		for range min(most-len(all), mostAtOnce) {
			into := buf
			if most > 1 {
				if cap(shared)-len(shared) < smallElement {
					shared = make([]byte, 0, batchMemory)
				}
				into = shared[len(shared):]
			}
			t, ok, err := f.pick(into, lend)
			if err != nil || !ok {
				return len(all) > 0, err
			}
			if n := len(t.data); most > 1 && n <= cap(into) {
				t.data, shared = t.data[:n:n], shared[:len(shared)+n]
			}
			all = append(all, t)
		}
		return true, nil
	}
	v := visit{section: &f.getting, bell: f.at + fifoGetBell, before: f.mind, worth: f.ready, do: some, more: f.ready}
	var err error
	if wait {
		err = f.visit(ctx, v, true)
	} else {
		err = f.visitOnce(v, driver.ErrEmpty)
	}
	for before := 0; len(all) > before && len(all) < most && f.ready(); {
		before = len(all)
		_ = f.visitOnce(v, driver.ErrEmpty) // what we have, we have
	}
	finished := all[:0]
	for _, t := range all {
		if e := f.finish(&t, buf); e != nil { // closed meanwhile: it is given up
			err = e
			continue
		}
		finished = append(finished, t)
	}
	if len(finished) == 0 {
		return nil, f.orDone(err)
	}
	if !lend {
		f.telling(f.freed)
	}
	return finished, nil
}

// orDone is err, which is driver.ErrDone for who finds the object deleted after all was
// done: the order in which its users close, join and delete it.
func (f *fifo) orDone(err error) error {
	a := f.o.s.a
	if errors.Is(err, driver.ErrClosed) && !f.o.s.closed.Load() &&
		a.Load(f.at+fifoShut) != 0 && a.Load(f.at+fifoTailSeq) == a.Load(f.at+fifoDone) {
		return driver.ErrDone
	}
	return err
}

const (
	// mostPauses is how many pauses who gets makes at most between two looks. Each look
	// takes the record's cache line from who is about to write it; so they become rarer.
	mostPauses = 64

	// mostLooks is how often who gets goes in before it waits: others may be faster.
	mostLooks = 4
)

// soonReady waits a few microseconds for something to take.
func (f *fifo) soonReady() bool {
	if f.o.s.a.Hooked() || processors == 1 {
		return false
	}
	for pauses := 1; pauses <= mostPauses; pauses *= 2 {
		for range pauses {
			arena.Pause()
		}
		if f.ready() {
			return true
		}
	}
	return false
}

// ready reports, from outside of the section, whether it may be worth going in to take
// something.
func (f *fifo) ready() bool {
	a := f.o.s.a
	return f.stands() || a.Load(f.at+fifoReturned) != 0 || f.hasDeaths() ||
		f.getting.word.Load()&sectionDeleted != 0 || f.isShut()
}

// stands reports, from outside of the section, whether a record stands at head.
func (f *fifo) stands() bool {
	a := f.o.s.a
	at, err := f.place(a.Load(f.at + fifoHead))
	if err != nil {
		return true // who goes in finds that out
	}
	if !f.isHeader(at) {
		word := a.Glance(at) // the segment may be another's by now
		if recState(word) != recSkip {
			return word != recEmpty
		}
		at = f.segmentOf(at)
	}
	next := block(a.Glance(at+segNext) & blockMask)
	return f.isSegment(next) && a.Glance(next.offset()+segmentHeader) != recEmpty
}

// pick takes the next record, in the getting section, if there is one. It copies its
// bytes to buf, but not those of a large one: finish does.
func (f *fifo) pick(buf []byte, lend bool) (t taken, ok bool, err error) {
	if f.o.s.a.Load(f.at+fifoSpent) != 0 {
		if err := f.sendSpent(); err != nil {
			return t, false, err
		}
	}
	r, ok, err := f.next()
	if err == nil && !ok && f.isShut() {
		if r, ok, err = f.next(); err == nil && !ok && f.o.s.a.Load(f.at+fifoBack) == 0 { // what was put before it was shut is there now
			err = driver.ErrDone
		}
	}
	if err != nil || !ok {
		return t, false, err
	}
	t = taken{recordAt: r, lent: lend}
	if !r.large() {
		if t.data, err = f.bytesOf(buf, r); err != nil {
			return t, false, err
		}
	}
	t.word = r.word &^ (recStates | 0xffffffff<<32)
	switch {
	case lend:
		f.countHeld(1)
		if t.word&recAttempts != recAttempts {
			t.word += recOnce
		}
		t.word |= recLent | f.o.s.me.high()
		t.self = f.o.s.a.Load(f.segmentOf(r.at) + segSelf)
	case r.large():
		f.countHeld(1)
		t.word |= recTaken | f.o.s.me.high()
	default:
		t.word |= recOver
	}
	if recState(r.word) == recReturned {
		f.takeReturned(r, t)
	} else {
		f.takeFirst(r, t)
	}
	return t, true, nil
}

// takeFirst takes the record at head.
func (f *fifo) takeFirst(r recordAt, t taken) {
	a, weight := f.o.s.a, f.weight(r.length)
	if recState(t.word) == recOver {
		a.Store(f.at+fifoHead, f.after(r)) // commits; the record stays {full}
		a.Store(f.at+fifoDone, a.Load(f.at+fifoDone)+weight)
		return
	}
	if broken == queueHeadFirst {
		a.Store(f.at+fifoHead, f.after(r))
	}
	a.Store(r.at, t.word) // commits
	f.add(f.segmentOf(r.at)+segOut, 1)
	f.add(f.at+fifoOut, weight)
	if t.lent {
		f.add(f.at+fifoBack, weight)
	}
	a.Store(f.at+fifoHead, f.after(r))
}

// takeReturned takes the first of those that have come back.
func (f *fifo) takeReturned(r recordAt, t taken) {
	a := f.o.s.a
	a.Store(r.at, t.word) // commits
	f.add(f.at+fifoReturns, ^uint64(0))
	a.Store(f.at+fifoReturned, f.nextReturned(r))
	switch recState(t.word) {
	case recOver:
		f.over(r, true)
	case recTaken:
		f.add(f.at+fifoBack, -f.weight(r.length))
	}
}

// add adds to a word of the section that we are in.
func (f *fifo) add(off, delta uint64) { f.o.s.a.Write(off, f.o.s.a.Load(off)+delta) }

// over counts a record over with that was taken before; back says whether it might
// have come back.
func (f *fifo) over(r recordAt, back bool) {
	a, weight, seg := f.o.s.a, f.weight(r.length), f.segmentOf(r.at)
	f.add(f.at+fifoOut, -weight)
	if back {
		f.add(f.at+fifoBack, -weight)
	}
	f.add(seg+segOut, ^uint64(0))
	a.Store(f.at+fifoDone, a.Load(f.at+fifoDone)+weight)
	if a.Load(seg+segOut) == 0 && seg != f.segmentOf(a.Load(f.at+fifoHead)) {
		f.remove(seg)
	}
}

// next returns the record that is to be taken next, in the getting section, if there is
// one.
func (f *fifo) next() (r recordAt, ok bool, err error) {
	a := f.o.s.a
	if at := a.Load(f.at + fifoReturned); at != 0 {
		if at, err = f.place(at); err != nil {
			return r, false, err
		}
		r = f.record(at, a.Load(at))
		if recState(r.word) != recReturned {
			return r, false, fmt.Errorf("%w: record %#x at %#x has not come back", driver.ErrCorrupt, r.word, at)
		}
		return r, true, nil
	}
	for range f.mostSegments() {
		at, err := f.place(a.Load(f.at + fifoHead))
		if err != nil {
			return r, false, err
		}
		if f.isHeader(at) {
			first := f.follow(at)
			if first == 0 || a.Load(first) == recEmpty {
				return r, false, nil
			}
			a.Store(f.at+fifoHead, first)
			if at != f.at+fifoFirst && a.Load(at+segOut) == 0 {
				f.remove(at)
			}
			continue
		}
		word := a.Load(at)
		switch recState(word) {
		case recEmpty:
			return r, false, nil
		case recSkip:
			a.Store(f.at+fifoHead, f.segmentOf(at))
			continue
		case recFull:
			if word&recLarge != 0 && a.Load(at+recBlock) == 0 {
				return r, false, nil // its commit is still to come
			}
			return f.record(at, word), true, nil
		}
		return r, false, fmt.Errorf("%w: record %#x at %#x is not to be taken", driver.ErrCorrupt, word, at)
	}
	return r, false, fmt.Errorf("%w: the chain of a queue is a ring", driver.ErrCorrupt)
}

// bytesOf appends the bytes of a record to buf.
func (f *fifo) bytesOf(buf []byte, r recordAt) ([]byte, error) {
	s := f.o.s
	if r.large() {
		b := block(s.a.Load(r.at+recBlock) & blockMask)
		if broken != queueUnsettled {
			s.settle(b) // who put it may have died before it did
		}
		if live, _ := s.stateOf(b); !live || r.length > s.blockSize(b) {
			return buf, fmt.Errorf("%w: a record's block at %#x of %d bytes", driver.ErrCorrupt, b.offset(), r.length)
		}
		return s.loadData(buf, b.offset(), r.length), nil
	}
	if r.length > f.mostInline || r.at+recData+r.length > f.segmentOf(r.at)+f.segmentSize {
		return buf, fmt.Errorf("%w: a record at %#x of %d bytes", driver.ErrCorrupt, r.at, r.length)
	}
	return s.loadData(buf, r.at+recData, r.length), nil
}

// finish does what is to be done outside of the section with what we have taken. A
// large one's bytes are copied here: until then the record is ours, and stays.
func (f *fifo) finish(t *taken, buf []byte) (err error) {
	if t.large() {
		if !f.o.s.begins() {
			return driver.ErrClosed
		}
		t.data, err = f.bytesOf(buf, t.recordAt)
		f.o.s.ends()
		if !t.lent {
			f.freeTaken(t.recordAt)
			f.telling(f.freed)
		}
	}
	f.o.race.acquire()
	return err
}

// freeTaken ends a taking. Whatever keeps us from the section, the bytes are ours.
func (f *fifo) freeTaken(r recordAt) {
	_ = f.visit(context.Background(), visit{section: &f.getting, do: func() (bool, error) {
		f.freeBlock(r.at)
		f.o.s.a.Store(r.at, over(r.word))
		f.over(r, false)
		f.countHeld(-1)
		return true, nil
	}}, false)
}

// freed tells those who wait that there is room, that all is done, or that nothing will
// come back any more.
func (f *fifo) freed() {
	s := f.o.s
	s.ringBell(f.at+fifoPutBell, 1)
	if s.a.Load(f.at+fifoDoneBell)&1 != 0 && !f.stands() {
		s.ringBell(f.at+fifoDoneBell, everyone)
	}
	if s.a.Load(f.at+fifoShut) != 0 {
		s.ringBell(f.at+fifoGetBell, everyone)
	}
}
