package shm

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Take waits for a call and has the caller serve it.
func (v *Service) Take(ctx context.Context, buf []byte) (r driver.Request, err error) {
	r.Data = buf
	if ctx.Err() != nil {
		return r, v.whyNot(ctx)
	}
	slept := false
	err = v.wait(ctx, v.at+entTickets, func(sleepNext bool) (low uint32, taken bool, err error) {
		if err := v.gone(); err != nil {
			return 0, false, err
		}
		if slept = slept || sleepNext; slept {
			low = v.sleepForCalls() // also before the look for which we were woken: others may sleep still
		}
		taken, err = v.takeOldest(&r)
		return low, taken, err
	})
	return r, err
}

// sleepForCalls says that somebody sleeps until there are calls: from now on each that
// comes has entTickets change whose low half this is.
func (v *Service) sleepForCalls() (low uint32) {
	for {
		word := v.s.a.Load(v.at + entTickets)
		if word&serversSleep != 0 || v.s.a.CompareAndSwap(v.at+entTickets, word, word|serversSleep) {
			return uint32(word)
		}
	}
}

// takeOldest takes the oldest call, if there is any. Where there are more it wakes the
// next one who sleeps: they may have come before that was marked again.
func (v *Service) takeOldest(r *driver.Request) (taken bool, err error) {
	for {
		at, word, more := v.oldest()
		if at == 0 {
			return false, nil
		}
		if !v.s.begins() {
			return false, driver.ErrClosed
		}
		served := word&(callTickets|callEnds|callSleeps|callDoomed) | callServed | v.s.me.high()
		if v.s.a.CompareAndSwap(at+callWord, word, served) {
			r.Data, err = v.readRequest(at, r.Data)
			r.Own = [2]uint64{at, served &^ callFlags}
			v.s.ends()
			if more && broken != serviceKeepsTurn {
				v.ring()
			}
			return true, err
		}
		v.s.ends()
	}
}

// oldest returns the cell of the call that is to be served next, and its word; and
// whether there are others. Those whose servers have died go before all others.
func (v *Service) oldest() (at, word uint64, more bool) {
	for cell, its := range v.s.calls(v.i, v.meta) {
		if callState(its) != callQueued {
			continue
		}
		more = at != 0
		if at == 0 || olderCall(its, word) {
			at, word = cell, its
		}
	}
	return at, word, more
}

// olderCall compares calls by how often they have come back, and then by their tickets,
// of which less than half are drawn while one waits.
func olderCall(a, b uint64) bool {
	if ends, than := a&callEnds, b&callEnds; ends != than {
		return ends > than
	}
	return int32(uint32(a&callTickets)-uint32(b&callTickets)) < 0
}

// readRequest appends the request in a cell to buf.
func (v *Service) readRequest(at uint64, buf []byte) ([]byte, error) {
	data, err := v.s.blockBytes(block(v.s.a.Load(at + callLetter)))
	v.race.acquire()
	return append(buf, data...), err
}

// Answer ends the serving of a request.
func (v *Service) Answer(r driver.Request, answer []byte) error {
	if !v.s.begins() {
		return driver.ErrClosed
	}
	defer v.s.ends()
	if v.Wanted(r) {
		if err := v.writeAnswer(r.Own[0], answer); err != nil {
			return err
		}
	}
	v.race.release()
	return v.endServing(r, callAnswered|uint64(v.s.pid(v.s.me))<<32)
}

// writeAnswer puts an answer into a cell that we serve: into its letter, if it has room
// there.
func (v *Service) writeAnswer(at uint64, answer []byte) error {
	letter, n := block(v.s.a.Load(at+callLetter)), uint64(len(answer))
	request, err := v.s.blockBytes(letter)
	if err != nil {
		return err
	}
	begin := answerAt(uint64(len(request)))
	if begin+8+n <= v.s.blockSize(letter) {
		v.s.storeBytes(letter.offset()+begin, answer)
		return nil
	}
	b, err := v.s.alloc(8+n, at+callAnswer)
	switch {
	case errors.Is(err, errBlockTooLarge):
		return fmt.Errorf("%w: an answer of %d bytes: %w", driver.ErrTooLarge, n, err)
	case err != nil:
		return asClosed(err)
	}
	v.s.storeBytes(b.offset(), answer)
	v.s.a.Store(at+callAnswer, uint64(b))
	v.s.settle(b)
	return nil
}

// GiveBack lets another serve a request.
func (v *Service) GiveBack(r driver.Request) error {
	if !v.s.begins() {
		return driver.ErrClosed
	}
	defer v.s.ends()
	if err := v.endServing(r, r.Own[1]&callEnds|callQueued); err != nil {
		return err
	}
	v.ring()
	return nil
}

// endServing has the call become something else, or ends its cell where the caller has
// left that.
func (v *Service) endServing(r driver.Request, becomes uint64) error {
	at := r.Own[0]
	for {
		word := v.s.a.Load(at + callWord)
		switch {
		case !serving(r, word):
			return driver.ErrNotHeld
		case callState(word) == callLeft:
			v.s.overCall(at, word)
			return nil
		case v.s.a.CompareAndSwap(at+callWord, word, becomes|word&(callTickets|callSleeps|callDoomed)):
			if word&(callSleeps|callWatched) != 0 && broken != serviceAnswersSilently {
				v.s.a.Wake(at+callWord, everyone)
			}
			return nil
		}
	}
}

// overCall ends a cell, whose word 1 is word, that its caller has left to who serves
// it.
func (s *Space) overCall(at, word uint64) {
	s.freeCall(at, at+callWord, word)
	s.a.CompareAndSwap(at+callWord, word, word&callTickets|callOver)
	s.tidy(at)
}

// Wanted reports whether the request is still being served, and somebody waits for the
// answer.
func (v *Service) Wanted(r driver.Request) bool {
	if r.Own[1] == 0 || v.s.closed.Load() {
		return false
	}
	word := v.s.a.Load(r.Own[0] + callWord)
	return serving(r, word) && callState(word) == callServed
}

// serving reports whether that is the word 1 of a request that is being served, or was
// left.
func serving(r driver.Request, word uint64) bool {
	return r.Own[1] != 0 && (word^r.Own[1])&(callTickets|math.MaxUint32<<32) == 0 && servedBy(ownerOf(r.Own[1]), word)
}

// AwaitUnwanted waits until nobody wants the answer any more.
func (v *Service) AwaitUnwanted(ctx context.Context, r driver.Request) error {
	at := r.Own[0]
	for pause := relook; v.Wanted(r); {
		caller := ownerOf(v.s.a.Load(at))
		if !v.s.unlessDead(caller) {
			continue
		}
		v.s.watchFor(caller)
		word := v.s.a.Load(at + callWord)
		if !serving(r, word) || callState(word) != callServed {
			continue
		}
		if word&callWatched == 0 && !v.s.a.CompareAndSwap(at+callWord, word, word|callWatched) {
			continue
		}
		if v.s.a.Sleep(at+callWord, uint32(word|callWatched), pause, ctx.Done(), v.s.done) {
			pause = min(2*pause, relookWatched)
		}
		if arena.Ended(ctx.Done()) {
			return v.whyNot(ctx)
		}
	}
	if v.s.closed.Load() {
		return driver.ErrClosed
	}
	return nil
}
