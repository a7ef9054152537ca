package shm

import (
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A fifo is a chain of segments in which records stand in the order of their coming.
// A queue has one, a pipe two. The entry's word entRoot names the block
// with their control blocks:
//
//	putting   section of who appends    tail, tailSeq, limit
//	getting   section of who takes      head, done, out, back, returned, spent, retired
//	bells     what others sleep on: until there is a record, until there is room, until all is done
//	first     the first segment; whether it is shut
//	spare     a segment to be used again, if there is one
//
// A segment begins with a header of 64 bytes, the name of the next one first, and the
// rest is records, each at a multiple of 64 bytes. A place in the chain is where a
// record begins, or the header of a segment that has no more: so the word at a place is
// 0 as long as nothing comes next there. The word first is such a place, too.
//
//	putters own  what is behind tail; getters own all before it
//	committed    put: by the record's first word, or of a large one its fourth
//	             taken: by head, or a record's first word where it is not over with that
//
// A section is a lock for some tens of instructions, whose word names its owner. When
// that one has died, the next finds the section abandoned and mends it, see fifo_mend:
// of all that is written there each word but those that commit can be found again.
//
// Room is counted in weight, elements or bytes: tailSeq is the weight of all that was
// ever put, done of what is over with.
type fifo struct {
	o  *Object
	k  int    // which of the object's it is
	at uint64 // its control block

	putting, getting section

	room        uint64
	bytes       bool
	mostLoans   uint64 // after which a record is not lent again; 0: no bound
	segmentSize uint64
	mostInline  uint64 // bytes of a record that stand in the segment itself
	letters     string // name of the queue that takes what is not lent again
}

// The control block of a fifo. A queue's block has a second part: see queue.go.
const (
	fifoPutting  = 0 // the line of those who put
	fifoTail     = 8
	fifoTailSeq  = 16
	fifoLimit    = 24
	fifoGetting  = 64 // the line of those who get
	fifoHead     = 72
	fifoDone     = 80
	fifoOut      = 88  // weight of what was taken and is not over with
	fifoBack     = 96  // that part of it which may come back
	fifoReturned = 104 // the first record that has come back, or 0
	fifoSpent    = 112 // how many have come back once too often
	fifoRetired  = 120 // a segment that is about to leave the chain
	fifoGetBell  = 128 // the line that is quiet while nobody sleeps
	fifoPutBell  = 136
	fifoDoneBell = 144
	fifoFirst    = 152
	fifoSpare    = 160
	fifoShut     = 168 // 1: nobody puts any more. Set in the putting section, or where nobody is left to put
	fifoReturns  = 176 // how many have come back, and are to be taken again
	fifoSize     = 256

	rootSize   = 512
	rootDeath  = 1 << 60 // in entRoot, one for each fifo: a user has died, or ceased to act, and may have had something
	rootDeaths = 3 << 60
)

// queuePatience is for who waits at either end: the other side is busy, more often
// than not, and done within less than a wake takes.
var queuePatience = patience{100, 16}

const largestSegment = 16 << 10

// segmentBytes is how large the segments of a space are: a power of two, as its chunks.
func (l *layout) segmentBytes() uint64 { return min(largestSegment, l.chunkSize/2) }

// openFifos returns what this process needs to use the fifos of o, which it has open.
func (s *Space) openFifos(o *Object) []fifo {
	n := kinds[o.spec.Kind].fifos
	if n == 0 {
		return nil
	}
	root := s.root(o.i)
	if root == 0 {
		return nil
	}
	fifos := make([]fifo, n)
	for k := range fifos {
		fifos[k] = s.fifoAt(o, root, k)
	}
	return fifos
}

func (s *Space) fifoAt(o *Object, root uint64, k int) fifo {
	at, of := root+uint64(k)*fifoSize, kinds[o.spec.Kind]
	size := s.segmentBytes()
	f := fifo{
		o: o, k: k, at: at,
		putting: s.newSection(at + fifoPutting),
		getting: s.newSection(at + fifoGetting),
		room:    of.room(o.spec), bytes: of.bytes, mostLoans: o.spec.Config[1],
		segmentSize: size, mostInline: min(size/4, size-segmentHeader-recData),
	}
	if o.spec.Kind == QueueKind {
		f.letters = s.loadText(root+queueLetters, maxName)
	}
	return f
}

// root is where the block is that entRoot of object i names; 0 if that is nonsense.
func (s *Space) root(i int) uint64 {
	b := block(s.a.Load(s.object(i)+entRoot) & blockMask)
	if at := b.offset(); at >= s.chunkAt && at+rootSize <= s.chunkAt+s.chunks*s.chunkSize {
		return at
	}
	return 0
}

// fifo returns the k'th of o.
func (o *Object) fifo(k int) (*fifo, error) {
	if len(o.fifos) <= k {
		return nil, fmt.Errorf("%w: %v %q has no memory", driver.ErrCorrupt, o.spec.Kind, o.name)
	}
	return &o.fifos[k], nil
}

// weight is how much room a record of n bytes takes.
func (f *fifo) weight(n uint64) uint64 {
	if f.bytes {
		return max(1, n)
	}
	return 1
}

// furnishFifos makes the block with the control blocks, of fifos that are empty.
func furnishFifos(s *Space, i int, spec Spec) error {
	names := s.object(i) + entRoot
	b, err := s.alloc(rootSize, names)
	if err != nil {
		return err
	}
	for off := uint64(0); off < rootSize; off += 8 {
		s.a.Write(b.offset()+off, 0)
	}
	for k := range kinds[spec.Kind].fifos {
		at := b.offset() + uint64(k)*fifoSize
		s.a.Write(at+fifoHead, at+fifoFirst)
		s.a.Write(at+fifoTail, at+fifoFirst)
	}
	s.a.Store(names, uint64(b))
	s.settle(b)
	return nil
}

// stripFifos frees all that an object's fifos are, which nobody has, or will ever
// have. It may go on where one has died who did the same. Of an object that was never
// live many may be here at once, or come late; but then its fifos are empty, and the
// look at the entry says that the block is still its.
func stripFifos(s *Space, i int, meta uint64) {
	b := block(s.a.Load(s.object(i)+entRoot) & blockMask)
	if b == 0 || s.a.Load(s.object(i)) != meta {
		return
	}
	s.settle(b)
	if live, _ := s.stateOf(b); !live {
		return
	}
	if state(meta) == stateReclaiming {
		o := &Object{s: s, i: i, at: s.object(i), meta: meta, spec: s.specOf(i)}
		for k := range kinds[o.spec.Kind].fifos {
			f := s.fifoAt(o, b.offset(), k)
			f.freeAll()
		}
	}
	s.free(b)
}

// doomFifos tells those who come, and those who sleep, that the object is deleted.
func doomFifos(s *Space, at uint64) {
	i := int((at - s.objectAt) / objectSize)
	root := s.root(i)
	if root == 0 {
		return
	}
	for k := range kinds[s.specOf(i).Kind].fifos {
		at := root + uint64(k)*fifoSize
		for _, word := range []uint64{at + fifoPutting, at + fifoGetting} {
			s.setFlag(word, sectionDeleted)
			if broken != doomSilently {
				s.a.Wake(word, everyone)
			}
		}
		s.ringAll(at)
	}
}

// place checks a place of the chain that was read from shared memory.
func (f *fifo) place(at uint64) (uint64, error) {
	s := f.o.s
	if at != f.at+fifoFirst && (at < s.chunkAt || at >= s.chunkAt+s.chunks*s.chunkSize || at%cellBytes != 0) {
		return 0, fmt.Errorf("%w: a record at %#x", driver.ErrCorrupt, at)
	}
	return at, nil
}

// isHeader reports whether a place is the end of a segment, or of what comes before
// the first.
func (f *fifo) isHeader(at uint64) bool { return at == f.at+fifoFirst || at&(f.segmentSize-1) == 0 }

// segmentOf is the segment that a place is in.
func (f *fifo) segmentOf(at uint64) uint64 { return at &^ (f.segmentSize - 1) }
