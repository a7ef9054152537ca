package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// current returns the barrier's word when nobody is resetting it, or the error that
// ends every use of it.
func (b *Barrier) current() (uint64, error) {
	for {
		word := b.word.Load()
		switch {
		case word&barrierDeleted != 0 || b.s.closed.Load():
			return word, driver.ErrClosed
		case word&barrierReset == 0:
			return word, nil
		}
		b.finishReset(word)
	}
}

// Waiting returns how many wait.
func (b *Barrier) Waiting(context.Context) (int, error) {
	word, err := b.current()
	if err != nil || word&barrierBroken != 0 {
		return 0, err
	}
	return int(arrivedIn(word)), nil
}

// Broken reports whether the barrier is broken.
func (b *Barrier) Broken(context.Context) (bool, error) {
	word, err := b.current()
	return err == nil && word&barrierBroken != 0, err
}

// Abort breaks the barrier.
func (b *Barrier) Abort(context.Context) error {
	for {
		word, err := b.current()
		if err != nil || word&barrierBroken != 0 || b.breakFrom(word) {
			return err
		}
	}
}

// breakFrom breaks the barrier, if its word is still that.
func (b *Barrier) breakFrom(word uint64) bool {
	if !b.word.CompareAndSwap(word, word&^barrierSleepers|barrierBroken) {
		return false
	}
	b.wakeFrom(word)
	return true
}

// wakeFrom wakes those who slept when the word was that.
func (b *Barrier) wakeFrom(word uint64) {
	if word&barrierSleepers != 0 {
		b.s.a.Wake(b.at+entBarrier, everyone)
	}
}

// Reset turns away all who wait, and mends the barrier where it is broken.
func (b *Barrier) Reset(context.Context) error {
	for {
		word, err := b.current()
		if err != nil || (arrivedIn(word) == 0 && word&barrierBroken == 0) {
			return err
		}
		if b.word.CompareAndSwap(word, word|barrierReset) {
			b.finishReset(word)
			return nil
		}
	}
}

// finishReset brings to its end the reset of the round that the word tells of, which
// its beginner may have died in. From its beginning on nobody arrives and the
// round cannot succeed, so any number may do this at once, and come late.
func (b *Barrier) finishReset(word uint64) {
	if !b.s.begins() {
		return // and leave it to the others: Close wakes them
	}
	defer b.s.ends()
	round := roundOf(word)
	for cell := range b.s.attachments(b.i, b.meta) {
		if b.s.a.Load(cell+cellRound) == round|cellIn && broken != barrierResetsSilently {
			b.s.a.CompareAndSwap(cell+cellRound, round|cellIn, round|cellOut)
		}
	}
	for {
		word := b.word.Load()
		if roundOf(word) != round {
			return
		}
		if b.word.CompareAndSwap(word, nextRound(word)) {
			b.wakeFrom(word)
			return
		}
	}
}

// recoverBarrier is the sweep's part: one who died in the round breaks it. A reset
// under way turns everybody away as it is.
func recoverBarrier(s *Space, i int, meta uint64, dead owner) bool {
	at := s.object(i) + entBarrier
	for {
		word := s.a.Load(at)
		if word&(barrierBroken|barrierReset) != 0 || !s.waitsIn(i, meta, dead, roundOf(word)) {
			return false
		}
		if s.a.CompareAndSwap(at, word, word&^barrierSleepers|barrierBroken) {
			return true
		}
	}
}

// waitsIn reports whether a goroutine of o has, or was about to have, a place in the round.
func (s *Space) waitsIn(i int, meta uint64, o owner, round uint64) bool {
	for cell := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(cell)) == o && s.a.Load(cell+cellRound) == round|cellIn {
			return true
		}
	}
	return false
}

func doomBarrier(s *Space, at uint64) {
	s.setFlag(at+entBarrier, barrierDeleted)
	if broken != doomSilently {
		s.a.Wake(at+entBarrier, everyone)
	}
}

// checkBarrier looks for those who are counted and do not wait: the others would
// wait for them in vain.
func checkBarrier(s *Space, i int, meta uint64, say func(string, ...any)) {
	at := s.object(i)
	word, parties := s.a.Load(at+entBarrier), s.a.Load(at+entConfig)
	waiting := uint64(0)
	for cell := range s.attachments(i, meta) {
		if s.a.Load(cell) != 0 && s.a.Load(cell+cellRound) == roundOf(word)|cellIn {
			waiting++
		}
	}
	switch {
	case arrivedIn(word) >= parties:
		say("barrier %d (%#x) has %d parties, and counts %d who wait", i, word, parties, arrivedIn(word))
	case arrivedIn(word) > waiting && word&barrierFlags&^barrierSleepers == 0:
		say("barrier %d (%#x) counts %d who wait, and there are %d", i, word, arrivedIn(word), waiting)
	}
}
