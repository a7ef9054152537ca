package shm

import "github.com/multiproc-go/multiproc/internal/driver"

// lookInto calls look in both sections of each fifo of object i; it reports whether it
// could: not where the object is going, or somebody has stopped in a section.
func (s *Space) lookInto(i int, meta uint64, look func(f *fifo)) (done bool) {
	return s.asUser(i, meta, func(o *Object) bool {
		done := len(o.fifos) > 0
		for k := range o.fifos {
			f := &o.fifos[k]
			if !f.within(&f.getting, func() {
				done = f.within(&f.putting, func() { look(f) }) && done
			}) {
				done = false
			}
		}
		return done
	})
}

// within calls do in a section, if one can get in.
func (f *fifo) within(sec *section, do func()) bool {
	return f.visitOnce(visit{section: sec, do: func() (bool, error) {
		do()
		return true, nil
	}}, driver.ErrLocked) == nil
}

// blocks are the segments and the blocks of large records, in both sections; what is
// over with, and what moves away, is not among them.
func (f *fifo) blocks() []block {
	a := f.o.s.a
	all := []block{block(a.Load(f.o.at+entRoot) & blockMask)}
	for _, off := range []uint64{fifoSpare, fifoRetired} {
		if b := block(a.Load(f.at + off)); b != 0 {
			all = append(all, b)
		}
	}
	for header := range f.segments {
		first := f.follow(header)
		if first == 0 {
			break
		}
		all = append(all, block(a.Load(header+segNext)&blockMask))
		for r := range f.recordsFrom(first, 0) {
			if st := recState(r.word); r.large() && st != recOver {
				all = append(all, block(a.Load(r.at+recBlock)&blockMask))
			}
		}
	}
	return all
}

// checkFifos says what is wrong with an object's fifos.
func checkFifos(s *Space, i int, meta uint64, say func(string, ...any)) {
	if state(meta) != stateLive {
		return
	}
	if s.root(i) == 0 {
		say("the %v that object %d (%#x) is has no memory: %#x", s.specOf(i).Kind, i, meta, s.a.Load(s.object(i)+entRoot))
		return
	}
	s.lookInto(i, meta, func(f *fifo) {
		f.check(func(format string, args ...any) {
			say("fifo %#x of object %d (%#x): "+format, append([]any{f.at, i, meta}, args...)...)
		})
	})
}

// check looks, in both sections, at the whole chain.
func (f *fifo) check(say func(string, ...any)) {
	s, a := f.o.s, f.o.s.a
	for _, b := range f.blocks() {
		if header, _, ok := s.headerOf(b); !ok || a.Load(header)&^(0xffffffff<<32)&^blockStates != b.word(0, 0) || a.Load(header)&blockStates == blockFree {
			say("block %#x of it is free", b)
		}
	}
	head, tail := a.Load(f.at+fifoHead), a.Load(f.at+fifoTail)
	seq, end, sawHead := uint64(0), f.at+fifoFirst, head == f.at+fifoFirst
	for header := range f.segments {
		first := f.follow(header)
		if first == 0 {
			break
		}
		seg := first - segmentHeader
		if name := a.Load(header + segNext); a.Load(seg+segSelf) != name {
			say("segment %#x calls itself %#x", name, a.Load(seg+segSelf))
		}
		sawHead = sawHead || f.segmentOf(head) == seg
		seq, end = a.Load(seg+segSeq), first
		for r := range f.recordsFrom(first, tail) {
			if r.seq != seq {
				say("record %#x at %#x has sequence %d, not %d", r.word, r.at, r.seq, seq)
			}
			if st := recState(r.word); st > recOver {
				say("record %#x at %#x has no state", r.word, r.at)
			}
			seq, end = r.seq+f.weight(r.length), f.after(r)
		}
	}
	if end != tail || seq != a.Load(f.at+fifoTailSeq) {
		say("it ends at %#x after %d, and its tail is %#x after %d", end, seq, tail, a.Load(f.at+fifoTailSeq))
	}
	if !sawHead {
		say("its head %#x is not in the chain", head)
		return
	}
	f.checkCounts(head, say)
}

// checkCounts compares what is written with what is there.
func (f *fifo) checkCounts(head uint64, say func(string, ...any)) {
	a, c := f.o.s.a, f.recount(head, nil)
	for _, one := range []struct {
		name     string
		off, was uint64
	}{
		{"over with", fifoDone, c.seq - c.out}, {"out", fifoOut, c.out}, {"that may come back", fifoBack, c.back},
		{"spent", fifoSpent, c.spent}, {"that have come back", fifoReturns, c.returns}, {"the first that has come back", fifoReturned, c.returned},
	} {
		if is := a.Load(f.at + one.off); is != one.was {
			say("%s: %d is written, and there is %d", one.name, is, one.was)
		}
	}
	for _, seg := range c.wrong {
		say("%d records are said to be out of segment %#x", a.Load(seg+segOut), seg)
	}
	for _, seg := range c.empty {
		say("nothing is out of segment %#x, and it is still there", seg)
	}
}
