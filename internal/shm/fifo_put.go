package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// mostAtOnce is how many records one visit to a section puts or takes, so that others
// are not kept waiting.
const mostAtOnce = 64

// put appends data. Where there is no room it waits, or returns driver.ErrFull.
func (f *fifo) put(ctx context.Context, data []byte, wait bool) error {
	f.o.race.release()
	if uint64(len(data)) <= f.mostInline {
		_, entered, err := f.enter(&f.putting, 0)
		if err != nil {
			return err
		}
		if entered {
			done := !f.isShut() && f.hasRoom()
			if done {
				err = f.append(data, uint64(len(data)), 0)
			}
			f.leave(&f.putting, 0)
			if done && err == nil {
				f.o.s.ringBell(f.at+fifoGetBell, 1)
				f.o.race.acquire()
			}
			f.exit(&f.putting)
			if done {
				return notPut(err, len(data))
			}
		}
	}
	p := batch{f: f, all: [][]byte{data}}
	return p.put(ctx, wait)
}

// putBatch appends them all, and waits for room. It returns how many it has put.
func (f *fifo) putBatch(ctx context.Context, all [][]byte) (n int, err error) {
	f.o.race.release()
	p := batch{f: f, all: all}
	for p.n < len(all) && err == nil {
		err = p.put(ctx, true)
	}
	return p.n, err
}

// A batch is what somebody puts.
type batch struct {
	f     *fifo
	all   [][]byte
	n     int   // how many have been put
	large block // with the data of the next one
}

// put puts some of a batch, one at least.
func (p *batch) put(ctx context.Context, wait bool) error {
	f, begun := p.f, p.n
	v := visit{
		section: &f.putting, bell: f.at + fifoPutBell,
		do: p.some, more: f.hasRoom,
	}
	for {
		var err error
		if wait {
			err = f.visit(ctx, v, true)
		} else {
			err = f.visitOnce(v, driver.ErrFull)
		}
		if p.n > begun {
			f.o.race.acquire()
			f.tell(fifoGetBell, p.n-begun)
			return err
		}
		if err == nil {
			err = p.prepare() // there was room, but the next one is large
		}
		if err != nil {
			p.discard()
			return err
		}
	}
}

// some puts what there is room for, in the section. It is done, too, when the next one
// is a large one whose block is not there yet.
func (p *batch) some() (done bool, err error) {
	f := p.f
	for range mostAtOnce {
		if p.n == len(p.all) {
			return true, nil
		}
		if f.isShut() {
			return false, driver.ErrClosed
		}
		if !f.hasRoom() {
			return done, nil
		}
		data := p.all[p.n]
		if uint64(len(data)) > f.mostInline && p.large == 0 {
			return true, nil
		}
		if err := f.append(data, uint64(len(data)), p.large); err != nil {
			return false, notPut(err, len(data))
		}
		p.n, p.large, done = p.n+1, 0, true
	}
	return true, nil
}

// prepare makes a block of the next one's data. What is in our hands when we die is
// free: no word is to name it.
func (p *batch) prepare() error {
	f, s, data := p.f, p.f.o.s, p.all[p.n]
	if uint64(len(data)) <= f.mostInline {
		return nil
	}
	if !s.begins() {
		return driver.ErrClosed
	}
	defer s.ends()
	b, err := s.alloc(uint64(len(data)), 0)
	if err != nil {
		return notPut(err, len(data))
	}
	s.storeData(b.offset(), data)
	p.large = b
	return nil
}

func (p *batch) discard() {
	if s := p.f.o.s; p.large != 0 && s.begins() {
		s.free(p.large)
		s.ends()
	}
}

// notPut says of how many bytes an element is that could not be put.
func notPut(err error, n int) error {
	switch {
	case errors.Is(err, errBlockTooLarge):
		return fmt.Errorf("%w: %d bytes: %w", driver.ErrTooLarge, n, err)
	case errors.Is(err, driver.ErrNoSpace):
		return fmt.Errorf("%d bytes: %w", n, err)
	}
	return asClosed(err)
}

// hasRoom reports, in the putting section, whether there is room for one more. What has
// room may be larger than that: else a large one might wait for ever.
func (f *fifo) hasRoom() bool {
	a := f.o.s.a
	seq := a.Load(f.at + fifoTailSeq)
	if seq < a.Load(f.at+fifoLimit) {
		return true
	}
	limit := a.Load(f.at+fifoDone) + f.room
	a.Write(f.at+fifoLimit, limit)
	return seq < limit
}

// append puts one record of so many bytes behind tail, in the putting section: data, or
// the block that they are in.
func (f *fifo) append(data []byte, length uint64, large block) error {
	a := f.o.s.a
	at, err := f.place(a.Load(f.at + fifoTail))
	if err != nil {
		return err
	}
	r := recordAt{at: at, word: recFull, length: length, seq: a.Load(f.at + fifoTailSeq)}
	if large != 0 {
		r.word |= recLarge
	}
	if f.isHeader(at) || at+span(r.length, r.large()) > f.segmentOf(at)+f.segmentSize {
		if r.at, err = f.extend(at); err != nil {
			return err
		}
	}
	next := f.after(r)
	if !f.isHeader(next) {
		a.Write(next, recEmpty)
	}
	a.Write(r.at+recLength, r.length)
	a.Write(r.at+recSeq, r.seq)
	if large != 0 {
		f.commitLarge(r, large)
	} else {
		f.o.s.storeData(r.at+recData, data)
		a.Store(r.at, r.word) // commits, and publishes the bytes to the Load in next
	}
	a.Write(f.at+fifoTailSeq, r.seq+f.weight(r.length))
	a.Write(f.at+fifoTail, next)
	return nil
}

// commitLarge commits a record whose bytes are in a block: by the word that names it,
// so that the sweep of who dies here knows whether it is in use.
func (f *fifo) commitLarge(r recordAt, large block) {
	s := f.o.s
	s.a.Store(r.at+recBlock, 0)
	s.a.Store(r.at, r.word)
	if header, _, ok := s.headerOf(large); ok && broken != queueNamesLate {
		s.a.Store(header+8, r.at+recBlock)
	}
	s.a.Store(r.at+recBlock, uint64(large))
	s.settle(large)
}

// isShut reports whether nothing is put any more.
func (f *fifo) isShut() bool { return f.o.s.a.Load(f.at+fifoShut) != 0 }

// shut ends the putting. Who was about to put has done so, or gets driver.ErrClosed.
func (f *fifo) shut(ctx context.Context) error {
	err := f.visit(ctx, visit{section: &f.putting, do: func() (bool, error) {
		f.o.s.a.Store(f.at+fifoShut, 1)
		return true, nil
	}}, false)
	if err == nil {
		f.telling(func() { f.o.s.ringAll(f.at) })
	}
	return err
}
