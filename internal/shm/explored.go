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

// HoldCells has so many hazard cells of ours be in use, as if goroutines were reading.
func (s *Space) HoldCells(v driver.Value, n int) { v.(*Value).busyCells.Store(1<<n - 1) }

// Collect frees what is left of an object's old blocks.
func (s *Space) Collect(object driver.Object) { object.(interface{ held() *Object }).held().collect() }

// BlocksInUse is how many there are.
func (s *Space) BlocksInUse() (n int) {
	for k := range s.usedChunks() {
		if word := s.a.Load(s.chunk(k)); word != chunkFree {
			n += int(s.inUse(k, chunkClass(word)))
		}
	}
	return n
}

// A Box is a word that names a block, for the heap's cases.
type Box struct {
	o    *Object
	word uint64
}

// NewBox returns the box that an Int64's word is.
func (s *Space) NewBox(n driver.Int64) *Box {
	i := n.(*Int64)
	return &Box{i.Object, i.at + entInt}
}

// Replace puts a new block into the box and gives up the one that was there.
func (b *Box) Replace(v uint64) error {
	s := b.o.s
	mine, err := s.alloc(8, b.word)
	if err != nil {
		return err
	}
	s.a.Store(mine.offset(), v)
	for {
		replaced, err := b.o.replace(b.word, s.a.Load(b.word), uint64(mine))
		if err != nil {
			s.free(mine)
			return err
		}
		if replaced {
			b.o.collect()
			return nil
		}
	}
}

// Empty takes the block out of the box.
func (b *Box) Empty() error {
	_, err := b.o.replace(b.word, b.o.s.a.Load(b.word), 0)
	b.o.collect()
	return err
}

// Content returns what is in the box, and whether its block is in use as it should
// be.
func (b *Box) Content() (v uint64, sound bool) {
	s := b.o.s
	name := block(s.a.Load(b.word))
	if name == 0 {
		return 0, true
	}
	header, _, ok := s.headerOf(name)
	return s.a.Load(name.offset()), ok && s.a.Load(header) == name.word(blockLive, 0)
}
