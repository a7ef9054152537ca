//go:build explore

package shm

import (
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

// Bury sweeps what the dead have left.
func (s *Space) Bury() { s.buryAll() }

// Holds reports whether this process holds the lock.
func (s *Space) Holds(m driver.Mutex) bool {
	return ownerOf(s.a.Peek(m.(*Mutex).at+entLock)) == s.me
}

// HasPermits reports whether this process has permits, or is about to change how
// many it has, as also Close is.
func (s *Space) HasPermits(semaphore driver.Semaphore) bool {
	m := semaphore.(*Semaphore)
	share := s.a.Peek(m.attach + semShare)
	has := ownerOf(share) == s.me && uint32(share) != 0 || s.closed.Load() && share == swept
	return has || ownerOf(s.a.Peek(m.at+entPermits)) == s.me
}

// LetGo gives up this process's hold of an object at once, instead of when the
// collector finds that no handle is left.
func (s *Space) LetGo(object driver.Object) {
	o := object.(interface{ held() *Object }).held()
	o.cleanup.Stop()
	s.open[o.i] = opened{meta: o.meta, attachment: o.attach}
	s.letGo(o.i, o.attach)
}

func (o *Object) held() *Object { return o }

// Touch is an access with no meaning, for a scheduler to come between.
func (s *Space) Touch() { s.a.Load(hdrMagic) }

// A Box is a word that names a block, for the heap's cases.
type Box struct {
	s    *Space
	word uint64
}

// NewBox returns the box that an Int64's word is.
func (s *Space) NewBox(n driver.Int64) *Box { return &Box{s, n.(*Int64).at + entInt} }

// Replace puts a new block into the box and frees the one that was there.
func (b *Box) Replace(v uint64) error {
	mine, err := b.s.alloc(8, b.word)
	if err != nil {
		return err
	}
	b.s.a.Store(mine.offset(), v)
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
	for k := range b.s.usedChunks() {
		if word := b.s.a.Load(b.s.chunk(k)); word != chunkFree {
			inUse += int(b.s.inUse(k, chunkClass(word)))
		}
	}
	name := block(b.s.a.Load(b.word))
	if name == 0 {
		return 0, true, inUse
	}
	header, _, ok := b.s.headerOf(name)
	return b.s.a.Load(name.offset()), ok && b.s.a.Load(header) == name.word(blockLive, 0), inUse
}
