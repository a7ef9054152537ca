//go:build explore

package shm

import (
	"fmt"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// What the explorer needs to see of a space, and no program.

// FormatSmall makes a space of a with room for so many of each. Its chunks have two
// blocks.
func FormatSmall(a *arena.Arena, slots, cells, objects, annexes, chunks uint64) error {
	l := layout{size: a.Size(), slots: slots, cells: cells, objects: objects, annexes: annexes,
		chunks: chunks, chunkSize: 2 * minBlock}
	l.place()
	return format(a, l, 1, [2]uint64{})
}

// Arrays counts the arrays that are there, deleted ones too.
func (s *Space) Arrays() (n int) {
	t := s.objectTable()
	for i := range s.used(&t) {
		st := state(s.a.Load(s.object(i)))
		if (st == stateLive || st == stateDeleted) && s.specOf(i).Kind == ArrayKind {
			n++
		}
	}
	return n
}

// Bury sweeps what the dead have left.
func (s *Space) Bury() { s.buryAll() }

// Holds reports whether this process holds the lock.
func (s *Space) Holds(m driver.Mutex) bool {
	return ownerOf(s.a.Peek(m.(*Mutex).at+entLock)) == s.me
}

// LetGo gives up this process's hold of an object at once, instead of when the
// collector finds that no handle is left.
func (s *Space) LetGo(object driver.Object) {
	o := object.(interface{ held() *Object }).held()
	o.cleanup.Stop()
	delete(s.open, o.i)
	s.letGo(o.i, o.meta, o.attach)
}

func (o *Object) held() *Object { return o }

// Touch is an access with no meaning, for a scheduler to come between.
func (s *Space) Touch() { s.a.Load(hdrMagic) }

// A Box is a word that names a block, for the heap's cases.
type Box struct {
	s      *Space
	word   uint64
	pieces uint64 // its blocks are so many chunks, or one block of one; each piece begins with the value
}

// NewBox returns the box that an Int64's word is.
func (s *Space) NewBox(n driver.Int64) *Box { return &Box{s, n.(*Int64).at + entInt, 1} }

// NewBigBox returns the box that an Int64's word is, for blocks of so many chunks.
func (s *Space) NewBigBox(n driver.Int64, chunks uint64) *Box {
	return &Box{s, n.(*Int64).at + entInt, chunks}
}

func (b *Box) size() uint64 {
	if b.pieces == 1 {
		return 8
	}
	return b.pieces * b.s.chunkSize
}

// Replace puts a new block into the box and frees the one that was there.
func (b *Box) Replace(v uint64) error {
	mine, err := b.s.alloc(b.size(), b.word)
	if err != nil {
		return err
	}
	for k := range b.pieces {
		if at := mine.offset() + k*b.s.chunkSize; b.pieces > 1 && b.s.a.Peek(at) != 0 {
			return fmt.Errorf("a new big block begins with %d", b.s.a.Peek(at))
		}
		b.s.a.Store(mine.offset()+k*b.s.chunkSize, v)
	}
	for {
		old := b.s.a.Load(b.word)
		if old != 0 {
			b.s.settle(block(old))
		}
		if b.s.a.CompareAndSwap(b.word, old, uint64(mine)) {
			b.s.settle(mine)
			if old != 0 && !b.s.free(block(old)) {
				return errGone
			}
			return nil
		}
	}
}

// Empty takes the block out of the box and frees it.
func (b *Box) Empty() error {
	old := b.s.a.Load(b.word)
	if old != 0 {
		b.s.settle(block(old))
	}
	if old != 0 && b.s.a.CompareAndSwap(b.word, old, 0) && !b.s.free(block(old)) {
		return errGone
	}
	return nil
}

// Content returns what is in the box, whether its block is in use as it should
// be, and how many blocks are in use altogether.
func (b *Box) Content() (v uint64, sound bool, inUse int) {
	inUse = b.s.BlocksInUse()
	name := block(b.s.a.Load(b.word))
	if name == 0 {
		return 0, true, inUse
	}
	header, _, ok := b.s.headerOf(name)
	sound = ok && b.s.a.Load(header) == name.word(blockLive, 0)
	v = b.s.a.Load(name.offset())
	for k := range b.pieces {
		sound = sound && b.s.a.Load(name.offset()+k*b.s.chunkSize) == v
	}
	return v, sound, inUse
}

// BlocksInUse counts the blocks that are not free, and the chunks that are neither
// cut nor a block's.
func (s *Space) BlocksInUse() (n int) {
	for k := range s.usedChunks() {
		switch word := s.a.Load(s.chunk(k)); word & stateMask {
		case chunkFree:
		case chunkPart:
			if !s.belongs(k, word) {
				n++
			}
		case chunkTaking, chunkEmptying, chunkGathering, chunkBig:
			n++
		default:
			n += int(s.inUse(k, chunkClass(word)))
		}
	}
	return n
}
