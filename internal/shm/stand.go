package shm

import (
	"context"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A stand is where those write, one at a time, who change what others read without any
// lock: words that name immutable blocks, as hazard.go has it. A dict has one in each of
// its shards, a list has one. Its words:
//
//	lock        a section
//	op          bits 1-63 count the changes, bit 0 is set while one is under way
//	off         of that change: the word that it changes
//	count       how many elements there are, and
//	after       how many once it is done
//	olds        blocks that nothing leads to any more once it is done; the first is what the word at off named
//	news        blocks that nothing leads to before it is done, besides the one that the word will name
//	ring        blocks that nothing leads to any more, but a hazard cell may name
//
//	{idle: n} -> {under way: n+1} -> the word at off changes -> {idle: n+1}
//
// That the word at off changes is the commit: it never names again what it has named
// before. Who finds the stand abandoned, in a change that is under way, finishes it if it
// is committed, and frees its news if not. So is whoever looks from outside, and reads op
// before and after the others, told how many elements there are at that moment.
//
// Only who is in the stand changes its words, or those that its changes are about, or
// frees what has left them.
type stand struct {
	section
	o     *Object
	shape standShape
}

// A standShape is how many words a stand has of what it may have several of.
type standShape struct{ olds, news, ring uint64 }

const (
	standLock  = 8 * iota
	standOp    //
	standOff   //
	standCount //
	standAfter //
	standLists // olds, news, ring

	opUnderWay = 1
	opOne      = 2
)

func (o *Object) stand(at uint64, shape standShape) stand {
	return stand{section: section{at: at, word: o.s.a.Word(at), inside: &o.s.inside}, o: o, shape: shape}
}

func (t *stand) old(k uint64) uint64  { return t.at + standLists + 8*k }
func (t *stand) new(k uint64) uint64  { return t.old(t.shape.olds + k) }
func (t *stand) ring(k uint64) uint64 { return t.new(t.shape.news + k) }

// enter waits until we are in the stand, which we leave soon.
func (t *stand) enter(ctx context.Context) error {
	_, entered, err := t.tryEnter(0)
	if !entered && err == nil {
		err = t.waitToEnter(ctx)
	}
	return err
}

func (t *stand) waitToEnter(ctx context.Context) error {
	s, flags := t.o.s, uint64(0)
	return t.o.waitAlone(ctx, func(sleepNext bool) (bed, bool, error) {
		for {
			word, entered, err := t.tryEnter(flags)
			if entered || err != nil || !sleepNext {
				return bed{}, entered, err
			}
			s.watchFor(ownerOf(word))
			if !t.lives(s, word) {
				continue
			}
			if word&sectionSleepers != 0 || t.word.CompareAndSwap(word, word|sectionSleepers) {
				flags = sectionSleepers
				return bed{t.at, uint32(word | sectionSleepers)}, false, nil
			}
		}
	})
}

// enterSoon enters the stand unless who is in there has most likely stopped.
func (t *stand) enterSoon() (entered bool, err error) {
	return t.soon(t.o.s, func() (uint64, bool, error) { return t.tryEnter(0) })
}

// tryEnter enters the stand if nobody is in; the word that we leave there then has these
// flags.
func (t *stand) tryEnter(flags uint64) (word uint64, entered bool, err error) {
	word, entered, err = t.take(t.o.s, flags)
	if entered && word&sectionAbandoned != 0 && broken != standUnmended {
		if err = t.mend(); err != nil {
			t.exit(sectionAbandoned)
			return 0, false, err
		}
	}
	return word, entered, err
}

// exit leaves the stand, with that flag set.
func (t *stand) exit(flag uint64) {
	t.leave(t.o.s, flag)
	t.inside.Add(-1)
	runtime.KeepAlive(t.o) // and with it our attachment
}

// hold names b, which is filled, so that it is not lost before the change is done that
// others will find it by. It was to be named by that word.
func (t *stand) hold(k uint64, b block) {
	t.o.s.a.Store(t.new(k), uint64(b))
	t.o.s.settle(b)
}

// drop frees what is held: no change is under way.
func (t *stand) drop() {
	s := t.o.s
	for k := range t.shape.news {
		if b := block(s.a.Load(t.new(k))); b != 0 {
			s.settle(b)
			s.free(b)
			s.a.Store(t.new(k), 0)
		}
	}
}

// A change is of the word at off, which then names another block, or none. The word that
// the block was to be named by is this one.
type change struct {
	off   uint64
	to    block
	olds  []block // besides the one that the word names now
	after uint64  // how many elements there are then
}

// commit makes a change. There is room in the ring for all that it takes away.
func (t *stand) commit(c change) {
	s := t.o.s
	have := s.a.Load(c.off)
	if have != 0 && broken != retireUnsettled {
		s.settle(block(have))
	}
	s.a.Write(t.old(0), have)
	for k := uint64(1); k < t.shape.olds; k++ {
		b := block(0)
		if k <= uint64(len(c.olds)) {
			b = c.olds[k-1]
		}
		s.a.Write(t.old(k), uint64(b))
	}
	s.a.Write(t.at+standOff, c.off)
	s.a.Write(t.at+standAfter, c.after)
	op := (s.a.Load(t.at+standOp) + opOne) | opUnderWay
	if broken == standUnrecorded {
		op &^= opUnderWay
	}
	s.a.Store(t.at+standOp, op) // publishes the words above to mend, and to who counts
	s.a.Store(c.off, uint64(c.to))
	t.finish(op, false)
	if c.to != 0 {
		s.settle(c.to)
	}
}

// nextOp is the number of the next change.
func (t *stand) nextOp() uint64 { return t.o.s.a.Load(t.at+standOp)>>1 + 1 }

// finish does what is to be done once a change is committed; again, where that may have
// been begun before.
func (t *stand) finish(op uint64, again bool) {
	s := t.o.s
	s.a.Write(t.at+standCount, s.a.Load(t.at+standAfter))
	for k := range t.shape.olds {
		if b := block(s.a.Load(t.old(k)) & blockMask); b != 0 && !(again && t.isRetired(b)) {
			t.retire(b)
		}
	}
	for k := range t.shape.news {
		s.a.Write(t.new(k), 0)
	}
	s.a.CompareAndSwap(t.at+standOp, op, op&^opUnderWay) // and what the next change writes comes after this
}

// mend finishes or undoes what a dead one has left.
func (t *stand) mend() error {
	s := t.o.s
	op := s.a.Load(t.at + standOp)
	if op&opUnderWay == 0 {
		t.drop()
		return nil
	}
	off := s.a.Load(t.at + standOff)
	if off%8 != 0 || off < s.chunkAt || off >= s.chunkAt+s.chunks*s.chunkSize {
		return fmt.Errorf("%w: a change of the word at %#x", driver.ErrCorrupt, off)
	}
	committed := s.a.Load(off) != s.a.Load(t.old(0))
	if committed && broken != standUndoes || broken == standFinishes {
		t.finish(op, true)
		return nil
	}
	t.drop()
	s.a.CompareAndSwap(t.at+standOp, op, op&^opUnderWay)
	return nil
}
