package shm

import "github.com/multiproc-go/multiproc/internal/driver"

// recoverService is the sweep's part: what the dead one served goes to another, and
// what it had called for is wanted no more.
func recoverService(s *Space, i int, meta uint64, dead owner) (found bool) {
	for at := range s.attachments(i, meta) {
		first := s.a.Load(at)
		for s.recoverServed(at, dead) || s.recoverCaller(at, dead) {
			found = true
		}
		if first&callAlone != 0 && ownerOf(first) == 0 {
			s.tidy(at) // who was to do so may have died before
		}
	}
	return found
}

// recoverServed makes a step in undoing that dead serves the cell at, and reports
// whether there may be more to do.
func (s *Space) recoverServed(at uint64, dead owner) bool {
	if first := s.a.Load(at); first&callCell == 0 && (ownerOf(first) != 0 || first&callAlone == 0) {
		return false
	}
	word := s.a.Load(at + callWord)
	switch {
	case !servedBy(dead, word):
		return false
	case callState(word) == callLeft:
		s.overCall(at, word)
		return true
	}
	answer := s.a.Load(at + callAnswer)
	if s.a.Load(at+callWord) != word {
		return true
	}
	s.freeNamedBlock(block(answer)) // it died before it had answered
	s.a.CompareAndSwap(at+callAnswer, answer, 0)
	becomes := word&(callTickets|callEnds|callSleeps|callDoomed) | callQueued
	switch {
	case broken == serviceForgetsServed:
		return false
	case dead == s.me: // which closes the space, and does not die of the request
	case word&callEnds == (maxCallEnds-1)*callEnd && broken != serviceTriesForEver:
		becomes = word&callTickets | maxCallEnds*callEnd | callRefused | uint64(s.pid(dead))<<32
	case word&callEnds < callEnds:
		becomes += callEnd
	}
	if s.a.CompareAndSwap(at+callWord, word, becomes) && word&callSleeps != 0 && callState(becomes) == callRefused {
		s.a.Wake(at+callWord, everyone)
	}
	return true
}

// recoverCaller makes a step in undoing that dead has called in the cell at, and reports
// whether there may be more to do. In the end its attachment may be given back.
func (s *Space) recoverCaller(at uint64, dead owner) bool {
	mine := dead.high() | callCell
	if s.a.Load(at) != mine {
		return false
	}
	word := s.a.Load(at + callWord)
	if s.a.Load(at) != mine {
		return false
	}
	switch callState(word) {
	case callQueued:
		s.a.CompareAndSwap(at+callWord, word, callNone)
		return true
	case callServed:
		s.leaveCall(at, word)
		return true
	case callLeft:
		s.orphanCall(at, dead, word)
		return true
	default:
		s.freeCall(at, at, mine)
		return false
	}
}

// doomService has those who call and those who serve look again.
func doomService(s *Space, at uint64) {
	for cell, word := range s.calls(int((at-s.objectAt)/objectSize), s.a.Load(at)) {
		for st := callState(word); st == callQueued || st == callServed; st = callState(word) {
			if s.a.CompareAndSwap(cell+callWord, word, word|callDoomed) {
				s.a.Wake(cell+callWord, everyone)
				break
			}
			word = s.a.Load(cell + callWord)
		}
	}
	s.a.Add(at+entTickets, 1)
	s.a.Wake(at+entTickets, everyone)
}

// stripService clears what is left of a service that is to become another object: all
// who were attached are gone, and cells that are not given back are nobody's.
func stripService(s *Space, i int, meta uint64) {
	for at := range s.attachments(i, meta) {
		if first := s.a.Load(at); ownerOf(first) == 0 && first&callAlone != 0 {
			s.freeCall(at, at, first)
			s.a.CompareAndSwap(at, first, 0)
		}
	}
}

// checkService looks whether who is said to serve a call has a slot still.
func checkService(s *Space, i int, meta uint64, say func(string, ...any)) {
	for at := range s.attachments(i, meta) {
		first, word := s.a.Load(at), s.a.Load(at+callWord)
		alone := ownerOf(first) == 0 && first&callAlone != 0
		if first&callCell == 0 && !alone {
			continue
		}
		if st := callState(word); (st == callServed || st == callLeft) && !s.known(ownerOf(word)) {
			say("call %#x of object %d (%#x) is served by %#x, which is gone", word, i, meta, ownerOf(word))
		}
		if alone && callState(word) == callOver {
			// Who was the last to have to do with it may be stopped before it did this.
			if s.tidy(at); s.a.Load(at) == first {
				say("call %#x of object %d (%#x) is over, and its cell is not free", word, i, meta)
			}
		}
	}
}

// pictureService adds how many calls wait to be served, and what all calls take.
func pictureService(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	for at, word := range s.calls(i, meta) {
		if callState(word) == callQueued {
			one.Len++
		}
		if callState(word) != callNone {
			one.Bytes += int64(s.blockSize(block(s.a.Load(at+callLetter))) + s.blockSize(block(s.a.Load(at+callAnswer))))
		}
	}
}
