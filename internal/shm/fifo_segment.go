package shm

// A record is
//
//	word 0   bits 0-3 state, bit 4 large, bits 5-31 how often it was lent, bits 32-63 borrower
//	word 1   how many bytes
//	word 2   weight of all that was put before it
//	word 3   where it is large: the block that the bytes are in
//	then the bytes
//
// {empty} -> {full} by who puts; then by who gets or receives, and moves head behind it:
// it stays {full}, being over with, or becomes {lent: me} or, while a large one is copied
// out, {taken: me}; {lent} -> {over} or {returned} -> ...; {taken} -> {over}.
//
// {skip} ends a segment that has no room for the next record.
const (
	recEmpty = iota
	recFull
	recLent
	recTaken
	recReturned
	recMoving // to the dead letters: see queue_letters.go
	recSpent
	recOver
	recSkip

	recStates   = 15
	recLarge    = 1 << 4
	recOnce     = 1 << 5 // of the number of loans
	recAttempts = 1<<32 - recOnce

	recLength = 8
	recSeq    = 16
	recBlock  = 24 // of large ones alone: what is not 0 there was committed
	recData   = 32

	cellBytes = 64
)

func recState(word uint64) uint64 { return word & recStates }
func attempts(word uint64) uint64 { return word & recAttempts / recOnce }

// The header of a segment.
const (
	segNext       = 0  // block
	segSelf       = 8  // block
	segOut        = 16 // how many of its records were taken and are not over with
	segSeq        = 24 // weight of all that was put before its first record
	segmentHeader = 64
)

// A recordAt is a record as it stands there.
type recordAt struct {
	at, word, length, seq uint64
}

func (f *fifo) record(at, word uint64) recordAt {
	a := f.o.s.a
	return recordAt{at, word, a.Load(at + recLength), a.Load(at + recSeq)}
}

func (r recordAt) large() bool { return r.word&recLarge != 0 }

// over is what the word of a record becomes that is over with.
func over(word uint64) uint64 { return word&recLarge | recOver }

// span is how many bytes of a segment a record takes.
func span(length uint64, large bool) uint64 {
	if large {
		return cellBytes
	}
	return (recData + length + cellBytes - 1) / cellBytes * cellBytes
}

// after is the place after a record.
func (f *fifo) after(r recordAt) uint64 {
	seg := f.segmentOf(r.at)
	next := r.at + span(min(r.length, f.segmentSize), r.large())
	if next >= seg+f.segmentSize {
		return seg
	}
	return next
}

// follow returns the first place of the segment after the header at; 0 where there is
// none.
func (f *fifo) follow(header uint64) uint64 {
	b := block(f.o.s.a.Load(header+segNext) & blockMask)
	if !f.isSegment(b) {
		return 0
	}
	return b.offset() + segmentHeader
}

// isSegment reports whether b may be the name of a segment.
func (f *fifo) isSegment(b block) bool {
	s, at := f.o.s, b.offset()
	return at >= s.chunkAt && at+f.segmentSize <= s.chunkAt+s.chunks*s.chunkSize && at&(f.segmentSize-1) == 0
}

// mostSegments bounds how many segments a chain can have, which may be damaged.
func (f *fifo) mostSegments() uint64 { return f.o.s.chunks * (f.o.s.chunkSize / f.segmentSize) }

// mostRecords bounds how many places there are in a chain.
func (f *fifo) mostRecords() uint64 { return f.mostSegments() * (f.segmentSize / cellBytes) }

// extend adds a segment to the chain, whose end is at, and returns its first place. The
// segment with the end has no more room for what is to come.
func (f *fifo) extend(at uint64) (uint64, error) {
	s := f.o.s
	header := at
	if !f.isHeader(at) {
		header = f.segmentOf(at)
	}
	b := block(s.a.Load(f.at + fifoSpare))
	spare := f.isSegment(b)
	if !spare {
		var err error
		if b, err = s.alloc(f.segmentSize, header+segNext); err != nil {
			return 0, err
		}
	}
	seg := b.offset()
	s.a.Write(seg+segNext, 0)
	s.a.Write(seg+segSelf, uint64(b))
	s.a.Write(seg+segOut, 0)
	s.a.Write(seg+segSeq, s.a.Load(f.at+fifoTailSeq))
	s.a.Write(seg+segmentHeader, recEmpty)
	if header != at {
		s.a.Store(at, recSkip)
	}
	s.a.Store(header+segNext, uint64(b))
	s.settle(b)
	// Before anything stands in the segment: else head might get there, and the segment
	// with tail be freed.
	if broken != queueTailLate {
		s.a.Write(f.at+fifoTail, seg+segmentHeader)
	}
	if spare {
		s.a.CompareAndSwap(f.at+fifoSpare, uint64(b), 0)
	}
	return seg + segmentHeader, nil
}

// remove takes a segment out of the chain that head has left and all of whose records
// are over with.
func (f *fifo) remove(seg uint64) {
	s := f.o.s
	self := s.a.Load(seg + segSelf)
	s.settle(block(self)) // who added it may have died before
	s.a.Write(f.at+fifoRetired, self)
	before := f.at + fifoFirst
	for range f.mostSegments() {
		first := f.follow(before)
		if first == 0 {
			return // a damaged chain
		}
		if first-segmentHeader == seg {
			break
		}
		before = first - segmentHeader
	}
	s.a.Store(before+segNext, s.a.Load(seg+segNext))
	f.recycle(block(self))
	s.a.Write(f.at+fifoRetired, 0)
}

// recycle keeps a segment that has left the chain for who needs the next one, or frees
// it.
func (f *fifo) recycle(b block) {
	s := f.o.s
	if s.a.Load(f.at+fifoSpare) != 0 || !s.a.CompareAndSwap(f.at+fifoSpare, 0, uint64(b)) {
		s.free(b)
	}
}

// isLinked reports whether the segment b is in the chain.
func (f *fifo) isLinked(b block) bool {
	s := f.o.s
	for header := range f.segments {
		if block(s.a.Load(header+segNext)&blockMask) == b {
			return true
		}
	}
	return false
}

// segments yields the word first, as if it were a header, and the headers of all
// segments.
func (f *fifo) segments(yield func(header uint64) bool) {
	header := f.at + fifoFirst
	for range f.mostSegments() + 1 {
		if !yield(header) {
			return
		}
		first := f.follow(header)
		if first == 0 {
			return
		}
		header = first - segmentHeader
	}
}

// recordsFrom yields the records from a place on to the end of its segment, or to the
// place that is end.
func (f *fifo) recordsFrom(at, end uint64) func(yield func(recordAt) bool) {
	return func(yield func(recordAt) bool) {
		for at != end && !f.isHeader(at) {
			word := f.o.s.a.Load(at)
			if recState(word) == recEmpty || recState(word) == recSkip {
				return
			}
			r := f.record(at, word)
			at = f.after(r)
			if !yield(r) {
				return
			}
		}
	}
}

// recordsBefore yields the records before head.
func (f *fifo) recordsBefore(head uint64) func(yield func(recordAt) bool) {
	return func(yield func(recordAt) bool) {
		for header := range f.segments {
			first := f.follow(header)
			if first == 0 || head == f.at+fifoFirst {
				return
			}
			for r := range f.recordsFrom(first, head) {
				if !yield(r) {
					return
				}
			}
			if f.segmentOf(first) == f.segmentOf(head) {
				return
			}
		}
	}
}

// freeAll frees the segments and the large records, which nobody can reach any more. It
// may go on where one has died who did the same.
func (f *fifo) freeAll() {
	s := f.o.s
	f.mendRetired()
	if b := block(s.a.Load(f.at + fifoSpare)); b != 0 && !f.isLinked(b) {
		s.free(b)
	}
	for first := f.follow(f.at + fifoFirst); first != 0; first = f.follow(f.at + fifoFirst) {
		seg := first - segmentHeader
		for r := range f.recordsFrom(first, 0) {
			if st := recState(r.word); r.large() && st != recOver && st != recMoving { // those are another's, if anybody's
				f.freeBlock(r.at)
			}
		}
		self := s.a.Load(seg + segSelf)
		s.a.Store(f.at+fifoRetired, self)
		s.a.Store(f.at+fifoFirst, s.a.Load(seg+segNext))
		s.settle(block(self)) // who added it may have died before
		if !s.free(block(self)) {
			return // a damaged chain
		}
	}
}

// freeBlock frees the block of a large record, if it is not free already.
func (f *fifo) freeBlock(at uint64) {
	b := block(f.o.s.a.Load(at+recBlock) & blockMask)
	f.o.s.settle(b)
	f.o.s.free(b)
}
