package shm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A letter is
//
//	the request: how many bytes, in a word, then they
//	the answer, from the next word on, likewise, where it has room
//
// answerAt is where the answer begins in the letter with a request of n bytes.
func answerAt(n uint64) uint64 { return 8 + roundUp(n, 8) }

const minLetter = 8 + driver.MinAnswer // and what the request takes

// Call sends a request and waits for the reply.
func (v *Service) Call(ctx context.Context, request, buf []byte) (driver.Reply, error) {
	if ctx.Err() != nil {
		return driver.Reply{Data: buf}, v.whyNot(ctx)
	}
	at, err := v.send(request)
	if err != nil {
		return driver.Reply{Data: buf}, err
	}
	why := v.waitAlone(ctx, on(at+callWord, func(sleepNext bool) (uint32, bool, error) {
		return v.lookAtCall(at, sleepNext)
	}))
	return v.finish(at, buf, why)
}

// send puts a call into a cell, where those who serve find it.
func (v *Service) send(request []byte) (at uint64, err error) {
	if !v.s.begins() {
		return 0, driver.ErrClosed
	}
	defer v.s.ends()
	if err := v.gone(); err != nil {
		return 0, err
	}
	if at, err = v.takeCallCell(); err != nil {
		return 0, asClosed(err)
	}
	if err := v.writeLetter(at, request); err != nil {
		v.giveCallCell(at)
		return 0, err
	}
	v.race.release()
	ticket := v.s.a.Add(v.at+entTickets, 1)
	v.s.a.Store(at+callWord, ticket<<8&callTickets|callQueued)
	v.ring()
	return at, nil
}

// writeLetter makes the letter of a cell of ours.
func (v *Service) writeLetter(at uint64, request []byte) error {
	n := uint64(len(request))
	b, err := v.s.alloc(answerAt(n)+minLetter, at+callLetter)
	switch {
	case errors.Is(err, errBlockTooLarge):
		return fmt.Errorf("%w: a request of %d bytes: %w", driver.ErrTooLarge, n, err)
	case err != nil:
		return asClosed(err)
	}
	v.s.storeBytes(b.offset(), request)
	v.s.a.Store(at+callLetter, uint64(b))
	v.s.settle(b)
	return nil
}

// ring wakes one who sleeps because there was no call. Of the caller, who looks for
// sleepers when its call can be seen, and one who looks once more for calls before it
// sleeps, one sees the other.
func (v *Service) ring() {
	for {
		word := v.s.a.Load(v.at + entTickets)
		if word&serversSleep == 0 {
			return
		}
		// A ticket more, which nobody gets: who is about to sleep is to look again.
		if v.s.a.CompareAndSwap(v.at+entTickets, word, (word+1)&^serversSleep) {
			if broken != serviceRingsNobody {
				v.s.a.Wake(v.at+entTickets, 1)
			}
			return
		}
	}
}

// lookAtCall reports whether there is a reason to wait no more for the answer.
func (v *Service) lookAtCall(at uint64, sleepNext bool) (low uint32, done bool, err error) {
	for {
		word := v.s.a.Load(at + callWord)
		if st := callState(word); st == callAnswered || st == callRefused {
			return 0, true, nil
		}
		if err := v.gone(); err != nil {
			return 0, false, err
		}
		if !sleepNext {
			return 0, false, nil
		}
		if callState(word) == callServed {
			server := ownerOf(word)
			if !v.s.unlessDead(server) {
				continue
			}
			v.s.watchFor(server)
		}
		if word&callSleeps != 0 || v.s.a.CompareAndSwap(at+callWord, word, word|callSleeps) {
			return uint32(word | callSleeps), false, nil
		}
	}
}

// finish ends a call that is answered, or given up for the reason why.
func (v *Service) finish(at uint64, buf []byte, why error) (r driver.Reply, err error) {
	r.Data = buf
	if !v.s.begins() {
		return r, driver.ErrClosed // and Close has given the call up
	}
	defer v.s.ends()
	for {
		switch word := v.s.a.Load(at + callWord); callState(word) {
		case callQueued:
			if v.s.a.CompareAndSwap(at+callWord, word, callNone) {
				v.giveCallCell(at)
				return r, why
			}
		case callServed:
			if v.s.leaveCall(at, word) {
				v.s.orphanCall(at, v.s.me, word)
				return r, why
			}
		case callAnswered:
			v.race.acquire()
			r.PID = int(word >> 32)
			r.Data, err = v.readAnswer(at, buf)
			v.giveCallCell(at)
			return r, err
		case callRefused:
			r.PID, r.Ends = int(word>>32), int(word&callEnds/callEnd)
			v.giveCallCell(at)
			return r, nil
		default:
			return r, fmt.Errorf("%w: a call whose word is %#x", driver.ErrCorrupt, word)
		}
	}
}

// leaveCall tells who serves a call that nobody wants the answer any more; false where
// word 1 is not word.
func (s *Space) leaveCall(at, word uint64) bool {
	if !s.a.CompareAndSwap(at+callWord, word, word&^callFlags&^callStates|callLeft) {
		return false
	}
	if word&callWatched != 0 && broken != serviceLeavesSilently {
		s.a.Wake(at+callWord, everyone)
	}
	return true
}

// orphanCall leaves to who serves it a cell that is its caller o's.
func (s *Space) orphanCall(at uint64, o owner, word uint64) {
	s.a.CompareAndSwap(at, o.high()|callCell, aloneWord(word))
	s.tidy(at)
}

// readAnswer appends the answer in a cell to buf.
func (v *Service) readAnswer(at uint64, buf []byte) ([]byte, error) {
	if b := block(v.s.a.Load(at + callAnswer)); b != 0 {
		v.s.settle(b) // its server may have died before it did
		data, err := v.s.blockBytes(b)
		return append(buf, data...), err
	}
	letter := block(v.s.a.Load(at + callLetter))
	request, err := v.s.blockBytes(letter)
	if err != nil {
		return buf, err
	}
	data, err := v.s.bytesAt(letter.offset() + answerAt(uint64(len(request))))
	return append(buf, data...), err
}

// takeCallCell gives the caller a cell, with no call in it: usually one that this
// process had before.
func (v *Service) takeCallCell() (at uint64, err error) {
	if at = v.spareCells.take(); at == 0 || !v.s.a.CompareAndSwap(at, 0, v.s.me.high()) {
		if at, err = v.s.attach(v.i, v.meta); err != nil {
			return 0, err
		}
	}
	v.s.a.Store(at+callWord, callNone) // what stands there was another's
	v.s.a.Store(at+callLetter, 0)
	v.s.a.Store(at+callAnswer, 0)
	v.s.a.CompareAndSwap(at, v.s.me.high(), v.s.me.high()|callCell)
	return at, nil
}

// giveCallCell gives back a cell of ours whose call has come to its end.
func (v *Service) giveCallCell(at uint64) {
	v.s.freeCall(at, at, v.s.me.high()|callCell)
	v.s.detach(at, v.s.me)
	v.spareCells.put(at)
}

// spareCells are where this process had attachments of an object that it may take
// again, if nobody else has: looking for one takes longer the more there are.
type spareCells struct {
	sync.Mutex
	at []uint64
}

const maxSpareCells = 1024

func (c *spareCells) take() (at uint64) {
	c.Lock()
	defer c.Unlock()
	if n := len(c.at); n > 0 {
		at, c.at = c.at[n-1], c.at[:n-1]
	}
	return at
}

func (c *spareCells) put(at uint64) {
	c.Lock()
	defer c.Unlock()
	if len(c.at) < maxSpareCells {
		c.at = append(c.at, at)
	}
}
