package shm

import (
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Who has which end of a pipe.
//
// Word 2 of the attachment that a process has of a pipe is its share:
//
//	bits 0-1    the ends that it has
//	bits 2-3    the ends that it is about to have
//	bits 32-63  owner
//
// An end is handed on while its sender has it still. So who takes one over says that it
// is about to, counts that, and then looks whether somebody has the end: if so, there was
// no moment at which nobody had it. Nobody: it is gone, and stays so. Who looks whether an
// end is gone reads all shares, and again where somebody has begun to take one over
// meanwhile: it may stand where the reader had been already, and its sender be gone from
// where the reader came later.
//
// An end gone: the fifos are shut. Both: the object is deleted. By whoever sees it first,
// of those who take a share away: the last to close, the sweep of the last, or who came
// too late to have one.
const (
	pipeEnds   = 3
	pipeShare  = 2 // which word of the attachment
	pipeComing = 2 // how far up the ends are that somebody is about to have
)

// errEndGone is why an end that was handed on cannot be had.
var errEndGone = fmt.Errorf("%w: the end is gone: nobody has kept it until it arrived", driver.ErrNotFound)

// furnishPipe gives its maker both ends, before anybody can look.
func furnishPipe(s *Space, i int, spec Spec) error {
	if err := furnishFifos(s, i, spec); err != nil {
		return err
	}
	meta := s.a.Load(s.object(i))
	for at := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(at)) == s.me {
			s.a.Store(share(at, pipeShare), s.me.high()|pipeEnds)
			return nil
		}
	}
	return errGone
}

// joinsPipe makes a share of a former owner's ours. The maker's has been.
func joinsPipe(s *Space, attachment uint64) {
	if at := share(attachment, pipeShare); ownerOf(s.a.Load(at)) != s.me {
		s.a.Store(at, s.me.high())
	}
}

// takeEnd has us have an end, if somebody else has it.
func (s *Space) takeEnd(i int, meta, attachment uint64, end int) bool {
	at := share(attachment, pipeShare)
	word := s.a.Load(at)
	switch {
	case word>>end&1 == 1:
		return true // we have made it
	case s.root(i) == 0:
		return false // damaged
	}
	s.a.Store(at, word|1<<(end+pipeComing))
	s.a.Add(s.pipeArrivals(i), 1)
	if s.sharesEnd(i, meta, end) || broken == pipeTakeAnyEnd {
		s.a.Store(at, word|1<<end)
		return s.a.Load(s.object(i)) == meta
	}
	s.a.Store(at, word)
	s.settleEnds(i, meta)
	return false
}

// leaveEnd ends our having an end.
func (s *Space) leaveEnd(i int, meta, attachment uint64, end int) {
	at := share(attachment, pipeShare)
	s.a.Store(at, s.a.Load(at)&^(1<<end))
	s.settleEnds(i, meta)
}

// settleEnds does what is to be done where an end is gone. We are attached to the pipe.
func (s *Space) settleEnds(i int, meta uint64) {
	switch held := s.endsHeld(i, meta); {
	case held == pipeEnds || state(meta) != stateLive:
	case held == 0:
		s.a.CompareAndSwap(s.object(i), meta, become(meta, stateDeleted, 0))
	default:
		s.shutPipe(i)
	}
}

// shutPipe tells those who use the other end that one is gone. What was put before by
// somebody who had it is found by who looks after that.
func (s *Space) shutPipe(i int) {
	root := s.root(i)
	if root == 0 {
		return
	}
	for k := range uint64(2) {
		at := root + k*fifoSize
		s.a.Store(at+fifoShut, 1)
		s.ringAll(at)
	}
}

// sharesEnd reports whether somebody has that end.
func (s *Space) sharesEnd(i int, meta uint64, end int) bool {
	for word := range s.pipeShares(i, meta) {
		if word>>end&1 == 1 {
			return true
		}
	}
	return false
}

// endsHeld is which ends somebody has, or is about to have, a bit for each.
func (s *Space) endsHeld(i int, meta uint64) (ends uint64) {
	for before := s.a.Load(s.pipeArrivals(i)); ; {
		ends = 0
		for word := range s.pipeShares(i, meta) {
			ends |= (word | word>>pipeComing) & pipeEnds
		}
		if ends == pipeEnds {
			return ends
		}
		now := s.a.Load(s.pipeArrivals(i))
		if now == before || broken == pipeLookOnce {
			return ends
		}
		before = now
	}
}

// pipeShares yields the shares of those who are attached.
func (s *Space) pipeShares(i int, meta uint64) func(yield func(word uint64) bool) {
	return func(yield func(uint64) bool) {
		for at := range s.attachments(i, meta) {
			o := ownerOf(s.a.Load(at))
			if o == 0 {
				continue
			}
			if word := s.a.Load(share(at, pipeShare)); ownerOf(word) == o && !yield(word) {
				return
			}
		}
	}
}

// recoverPipe takes the dead one's ends away. It looks after all pipes whose ends are
// gone, whoever had them: a sweep without a slot, which cannot, may have taken them away.
func recoverPipe(s *Space, i int, meta uint64, dead owner) bool {
	did := recoverFifos(s, i, meta, dead)
	for at := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(at)) != dead {
			continue
		}
		did = true
		if word := s.a.Load(share(at, pipeShare)); ownerOf(word) == dead && broken != pipeKeepEnds {
			s.a.CompareAndSwap(share(at, pipeShare), word, 0)
		}
	}
	if state(meta) == stateLive && s.endsHeld(i, meta) != pipeEnds {
		s.buryEnds(i, meta)
	}
	return did
}

// buryEnds is settleEnds for who is not attached.
func (s *Space) buryEnds(i int, meta uint64) {
	if s.me == 0 {
		return
	}
	if mine, err := s.borrow(i, meta); err == nil {
		s.settleEnds(i, meta)
		s.giveBack(i, meta, mine)
	}
}

// pipeArrivals is the word that counts how often somebody has begun to take an end over:
// in the last line of the first fifo's control block.
func (s *Space) pipeArrivals(i int) uint64 { return s.root(i) + fifoSize - 64 }

// checkPipe looks whether a pipe that nobody has is still there.
func checkPipe(s *Space, i int, meta uint64, say func(string, ...any)) {
	checkFifos(s, i, meta, say)
	if root := s.root(i); state(meta) == stateLive && s.endsHeld(i, meta) != pipeEnds && root != 0 &&
		s.a.Load(root+fifoShut) == 0 {
		say("object %d (%#x) is a pipe with an end that nobody has, and is not shut", i, meta)
	}
}

// picturePipe adds what the messages under way take.
func picturePipe(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	counted := make(map[block]bool) // the block with the control blocks is both fifos'
	s.lookInto(i, meta, func(f *fifo) {
		for _, b := range f.blocks() {
			if !counted[b] {
				counted[b] = true
				one.Bytes += int64(s.blockSize(b))
			}
		}
	})
}
