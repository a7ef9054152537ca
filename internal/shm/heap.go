package shm

import (
	"errors"
	"math/bits"
	"slices"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// The heap gives out blocks of memory for what does not fit into an object's entry.
// It is chunks, each cut into blocks of one size, and for each chunk a row of
// headers, one per block, that stands apart: a chunk that is all free is given back
// to the system, and its headers may still be read. A header's place depends only
// on where its block begins, so that generations go on when a chunk is cut anew.
//
// A block's header is two words:
//
//	word 0: bits 0-1 state, bits 2-31 generation, bits 32-63 owner while it is filled
//	word 1: where the word is that will name the block
//
// {free: g} -> {filling: g, me} -> {live: g} -> {free: g+1}
//
// Only a chunk's owner begins to fill its blocks. What a dead owner was filling is
// live if the word that was to name it does, and free if not. A block of more than
// half a chunk has chunks of its own: see big.go.
const (
	blockFree = iota
	blockFilling
	blockLive

	blockStates = 3
	blockGen    = 1<<32 - 1 - blockStates
	blockHeader = 16
	minBlock    = 128
)

// A block names a block, for good: where it is, and its generation.
//
//	bits 0-29   offset / 128
//	bits 30-59  generation
//
// The word that names a block has the four bits above for its own use.
type block uint64

const (
	blockMask = 1<<60 - 1
	blocksEnd = 1 << 30 * minBlock
)

func (b block) offset() uint64     { return uint64(b) % (1 << 30) * minBlock }
func (b block) generation() uint64 { return uint64(b) >> 30 }

// heap is this process's part: the chunks that it owns, as far as it knows.
type heap struct {
	gate   *arena.Gate
	owned  [64][]*ownedChunk // by class
	spares spares
}

type ownedChunk struct {
	k      int
	cursor uint64 // the block to look at next
	frees  uint64 // how many blocks had been freed when there was no free one left
	full   bool
}

// classSize is how large the blocks of a class are: 128, 256, 384, 512, 768, 1024
// ... bytes, up to half a chunk.
func classSize(class int) uint64 {
	if class == 0 {
		return minBlock
	}
	size := uint64(2*minBlock) << ((class - 1) / 2)
	return size + uint64((class-1)%2)*size/2
}

// classOf is the class of the smallest blocks of n bytes.
func classOf(n uint64) int {
	class := max(0, 2*bits.Len64((n-1)/(2*minBlock))-1)
	for class > 0 && classSize(class-1) >= n {
		class--
	}
	for classSize(class) < n {
		class++
	}
	return class
}

// blocks is how many blocks of a class a chunk has.
func (s *Space) blocks(class int) uint64 { return s.chunkSize / classSize(class) }

var errBlockTooLarge = errors.New("larger than all the memory that the space has for such")

// alloc returns a block of at least n bytes, to be filled. The word at names is
// to name it: once it does, settle the block. One of more than half a chunk is all
// zeroes; a smaller one has in it what was there before. The caller keeps Close away
// from the first of these steps to the last, by begins or enterTable.
func (s *Space) alloc(n, names uint64) (block, error) {
	if n > s.chunkSize/2 {
		return s.allocBig(n, names)
	}
	class := classOf(max(n, 1))
	if !s.heap.gate.Enter(nil, s.done) {
		return 0, errGone
	}
	defer s.heap.gate.Leave()
	for {
		for _, c := range s.heap.owned[class] {
			if b := s.fill(c, class, names); b != 0 {
				return b, nil
			}
		}
		s.heap.owned[class] = slices.DeleteFunc(s.heap.owned[class], func(c *ownedChunk) bool {
			return !s.ownsChunk(c.k, class)
		})
		k, err := s.takeChunk(class)
		if errors.Is(err, driver.ErrNoSpace) && s.giveEmpty() {
			k, err = s.takeChunk(class)
		}
		if errors.Is(err, driver.ErrNoSpace) && s.lookAgain(class) {
			continue
		}
		if err != nil {
			return 0, err
		}
		s.heap.owned[class] = append(s.heap.owned[class], &ownedChunk{k: k})
	}
}

// worthLook is which part of a full chunk's blocks have to be freed before it is gone
// through again: else each block of a heap where they are freed here and there would cost
// a look at half a chunk.
const worthLook = 16

// lookAgain has the chunks of a class be gone through for the few blocks that are free
// there; false where there are none.
func (s *Space) lookAgain(class int) (some bool) {
	for _, c := range s.heap.owned[class] {
		if c.full && c.frees != s.a.Load(s.chunk(c.k)+chunkFrees) {
			c.full, some = false, true
		}
	}
	return some
}

// fill begins to fill a free block of a chunk of ours, if there is one. The second
// look at the chunk is for who may have begun to give it back: one of us sees the
// other. The first is for the sweep: what we begin in a chunk that has long ceased to
// be ours, and die before the second look, it does not find. The block's word is its
// own before names is: else who no longer owns the chunk could change the names of who
// does.
func (s *Space) fill(c *ownedChunk, class int, names uint64) block {
	frees := s.a.Load(s.chunk(c.k) + chunkFrees)
	n := s.blocks(class)
	if c.full && frees-c.frees < max(1, n/worthLook) || !s.ownsChunk(c.k, class) {
		return 0
	}
	c.frees, c.full = frees, false
	for range n {
		i := c.cursor
		c.cursor = (c.cursor + 1) % n
		header := s.header(c.k, i, class)
		word := s.a.Load(header)
		filling := word&blockGen | blockFilling | s.me.high()
		if word&blockStates != blockFree || !s.a.CompareAndSwap(header, word, filling) {
			continue
		}
		if broken != fillBlindly && !s.ownsChunk(c.k, class) {
			s.a.CompareAndSwap(header, filling, word)
			return 0
		}
		s.a.Store(header+8, names)
		s.a.Add(s.chunk(c.k)+chunkUsed, 1)
		return s.blockAt(c.k, i, class, word)
	}
	c.full = true
	return 0
}

func (s *Space) blockAt(k int, i uint64, class int, word uint64) block {
	at := s.chunkStart(k) + i*classSize(class)
	return block(at/minBlock | (word&blockGen)>>2<<30)
}

func (s *Space) chunkOf(b block) int { return int((b.offset() - s.chunkAt) / s.chunkSize) }

// settle says that the word that was to name b does. Its owner does so once it has
// written that word; and everybody does before taking b out of it: else the sweep
// of a dead owner finds b nowhere and frees it, while it is still read.
func (s *Space) settle(b block) {
	header, _, ok := s.headerOf(b)
	if !ok {
		return
	}
	word := s.a.Load(header)
	if word&blockStates == blockFilling && word&blockGen == b.word(0, 0) {
		s.a.CompareAndSwap(header, word, b.word(blockLive, 0))
	}
}

// free frees b, which no word names any more, or never has. It reports whether it
// was the one to do so.
func (s *Space) free(b block) bool {
	header, k, ok := s.headerOf(b)
	if !ok {
		return false
	}
	if !s.a.CompareAndSwap(header, b.word(blockLive, 0), b.next()) &&
		!s.a.CompareAndSwap(header, b.word(blockFilling, s.me), b.next()) {
		return false
	}
	s.freed(k)
	return true
}

// freed counts a block of chunk k that has become free. The count is a hint: deaths
// leave it too high.
func (s *Space) freed(k int) {
	if s.a.Load(s.chunk(k))&stateMask == chunkBig {
		s.giveBig(k)
		return
	}
	s.a.Add(s.chunk(k)+chunkFrees, 1)
	if s.a.Add(s.chunk(k)+chunkUsed, ^uint64(0)) == 0 {
		s.emptied(k)
	}
}

func (b block) word(state uint64, o owner) uint64 {
	return b.generation()<<2&blockGen | state | o.high()
}

// next is the word of a header once b is free.
func (b block) next() uint64 { return (b.generation() + 1) << 2 & blockGen }

// headerOf returns where b's header is, unless b is nonsense.
func (s *Space) headerOf(b block) (header uint64, k int, ok bool) {
	at := b.offset()
	if at < s.chunkAt || at >= s.chunkAt+s.chunks*s.chunkSize {
		return 0, 0, false
	}
	k = s.chunkOf(b)
	word := s.a.Load(s.chunk(k))
	class, inside := chunkClass(word), (at-s.chunkAt)%s.chunkSize
	if st := word & stateMask; st > chunkGiving {
		return s.header(k, 0, 0), k, st == chunkBig && inside == 0
	}
	if class >= len(s.heap.owned) || inside%classSize(class) != 0 {
		return 0, 0, false
	}
	return s.header(k, inside/classSize(class), class), k, true
}
