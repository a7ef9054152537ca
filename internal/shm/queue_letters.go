package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Dead letters are records that have come back once too often: {spent}. Whoever is in
// the getting section of their queue moves them to another queue, as far as there is
// room, and no record is ever in both or in neither, wherever one dies who moves it:
//
//	{spent} -> {moving: me}     in our getting section, and the other's putting section
//	origin = that record        in the other's control block
//	a record is put             commits
//	{moving: me} -> {over}      origin = 0
//
// Who dies there leaves both sections abandoned. Whoever mends the other queue's sees by
// tailSeq whether the record was put, and takes {moving: dead} to {over} or back to
// {spent}: before anything else is put there. And one that moves spent records of ours
// goes into the other's section first: what is {moving: dead} after that was never put.
const (
	originCell  = queueLetters + 8 + (maxName+7)/8*8 // the record; 0: there is none
	originWord  = originCell + 8                     // of the record: {moving}
	originIdent = originCell + 16                    // its object
	originSeq   = originCell + 24                    // the other's tailSeq before
	originBlock = originCell + 32                    // of a large one
)

// lettersTries is how often one tries to get into the other queue's section: whoever is
// in there may be stopped, and that is not to hold up our own getters.
const lettersTries = 16

// mind sees to it, outside of all sections, that spent records can be moved: their new
// queue is open here, and made anew where somebody has deleted it.
func (f *fifo) mind() {
	if f.mostLoans > 0 && f.o.s.a.Load(f.at+fifoSpent) != 0 {
		_ = f.openLetters(context.Background()) // else they stay until somebody can
	}
}

// openLetters opens the queue of the dead letters, or makes it, if this process has not.
func (f *fifo) openLetters(ctx context.Context) error {
	if have := f.o.letters.Load(); f.letters == "" || have != nil && have.gone() == nil {
		return nil
	}
	other, err := f.o.s.openQueue(ctx, driver.Which{Name: f.letters}, typeOfSpec(f.o.spec), driver.QueueConfig{})
	if err != nil {
		return fmt.Errorf("open queue %q of its dead letters: %w", f.letters, err)
	}
	f.o.letters.Store(other)
	return nil
}

// sendSpent moves what can be moved, in the getting section.
func (f *fifo) sendSpent() error {
	other := f.o.letters.Load()
	if other == nil || other.Object == f.o {
		return nil
	}
	to := other.fifo
	var entered bool
	for range lettersTries {
		word, in, err := to.enter(&to.putting, 0)
		if err != nil {
			return nil // deleted, or damaged: they stay
		}
		if entered = in; in || !f.o.s.alive(ownerOf(word)) {
			break
		}
		f.o.s.a.Until(func() bool { return true })
	}
	if !entered {
		return nil
	}
	sent, err := f.sendAll(to)
	to.leave(&to.putting, 0)
	if sent > 0 {
		f.o.s.ringBell(to.at+fifoGetBell, sent)
		f.freed()
	}
	to.exit(&to.putting)
	return err
}

func (f *fifo) sendAll(to *fifo) (sent int, err error) {
	if to.isShut() || !to.hasRoom() {
		return 0, nil
	}
	if err := f.mendHead(); err != nil { // the other's is mended: what was put there is over with
		return 0, err
	}
	var spent []recordAt
	for r := range f.recordsBefore(f.o.s.a.Load(f.at + fifoHead)) {
		switch recState(r.word) {
		case recMoving: // by one who died, and was never put
			r.word = r.word&(recAttempts|recLarge) | recSpent
			f.o.s.a.Store(r.at, r.word)
			fallthrough
		case recSpent:
			spent = append(spent, r)
		}
	}
	for _, r := range spent {
		if to.isShut() || !to.hasRoom() {
			break
		}
		switch err := f.send(r, to); {
		case errors.Is(err, driver.ErrNoSpace):
			return sent, nil
		case err != nil:
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// send moves one record.
func (f *fifo) send(r recordAt, to *fifo) error {
	a := f.o.s.a
	var data []byte
	var large block
	var err error
	if r.large() {
		large = block(a.Load(r.at+recBlock) & blockMask)
		f.o.s.settle(large)
	} else if data, err = f.bytesOf(nil, r); err != nil {
		return err
	}
	moving := r.word&(recAttempts|recLarge) | recMoving | f.o.s.me.high()
	a.Write(to.at+originWord, moving)
	a.Write(to.at+originIdent, uint64(identOf(f.o.i, f.o.meta)))
	a.Write(to.at+originSeq, a.Load(to.at+fifoTailSeq))
	a.Write(to.at+originBlock, uint64(large))
	a.Store(to.at+originCell, r.at)
	a.Store(r.at, moving)
	if err := to.append(data, r.length, large); err != nil {
		a.Store(r.at, r.word)
		a.Store(to.at+originCell, 0)
		return err
	}
	a.Store(r.at, over(r.word))
	a.Store(to.at+originCell, 0)
	a.Store(f.at+fifoSpent, a.Load(f.at+fifoSpent)-1)
	f.over(r, false)
	return nil
}

// mendOrigin ends the move to this queue that one died in, whose tailSeq is seq: in the
// putting section.
func (f *fifo) mendOrigin(seq uint64) {
	s := f.o.s
	if f.o.spec.Kind != QueueKind {
		return
	}
	cell := s.a.Load(f.at + originCell)
	if cell == 0 || broken == queueForgetsOrigin {
		return
	}
	word, from := s.a.Load(f.at+originWord), ident(s.a.Load(f.at+originIdent))
	is := word&(recAttempts|recLarge) | recSpent
	if put := seq != s.a.Load(f.at+originSeq); put {
		is = over(word)
	}
	_, meta, current := s.look(uint64(from))
	there := current && (state(meta) == stateLive || state(meta) == stateDeleted)
	if _, err := f.place(cell); there && err == nil {
		s.a.CompareAndSwap(cell, word, is)
		s.markDeaths(from.index()) // its own getters may have counted the record already
	} else if recState(is) == recSpent {
		s.free(block(s.a.Load(f.at + originBlock))) // nobody else will
	}
	s.a.Store(f.at+originCell, 0)
}
