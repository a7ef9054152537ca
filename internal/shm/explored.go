//go:build explore

package shm

import (
	"fmt"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// What the explorer needs to see of a space, and no program.

// FormatSmall makes a space of a with room for so many of each. The smallest chunks,
// of 256 bytes, have two blocks.
func FormatSmall(a *arena.Arena, slots, cells, objects, annexes, chunks, chunkSize uint64) error {
	l := layout{size: a.Size(), slots: slots, cells: cells, objects: objects, annexes: annexes,
		chunks: chunks, chunkSize: chunkSize}
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

// HoldsRW reports whether this process holds the lock, as its writer or a reader.
func (s *Space) HoldsRW(m driver.RWMutex) bool {
	o := m.(*RWMutex)
	word := s.a.Peek(o.at + entLock)
	reads := uint32(s.a.Peek(o.attach+attachCrowd)) > 0
	for k := range uint64(readSeats) {
		reads = reads || s.a.Peek(o.attach+attachSeats+8*k)&seatTaken != 0
	}
	return reads || ownerOf(word) == s.me && word&lockDraining == 0
}

// Beats reports whether the word at off only shows that somebody runs, so that its
// change is no progress.
func (s *Space) Beats(off uint64) bool {
	if off < s.chunkAt {
		return off >= s.objectAt && off < s.annex && (off-s.objectAt)%objectSize == entBeat
	}
	for i := range int(s.objects) {
		at := s.object(i)
		root := block(s.a.Peek(at+entRoot) & blockMask).offset()
		if k := Kind(s.a.Peek(at + entKind)); k.known() && kinds[k].fifos > 0 && off >= root && off < root+rootSize {
			word := (off - root) % fifoSize
			return word == fifoPutting || word == fifoGetting // who looks goes in
		}
	}
	return false
}

// InSection reports whether this process is in a section of a queue.
func (s *Space) InSection(queue driver.Queue) bool {
	f := queue.(*Queue).fifo
	return ownerOf(s.a.Peek(f.at+fifoPutting)) == s.me || ownerOf(s.a.Peek(f.at+fifoGetting)) == s.me
}

// Works reports whether this process does the work of a Once.
func (s *Space) Works(o driver.Once) bool {
	return ownerOf(s.a.Peek(o.(*Once).at+entLock)) == s.me
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

// HoldCells has so many hazard cells of ours be in use, as if goroutines were reading.
func (s *Space) HoldCells(v driver.Value, n int) { v.(*Value).busyCells.Store(1<<n - 1) }

// Collect frees what is left of an object's old blocks.
func (s *Space) Collect(object driver.Object) { object.(interface{ held() *Object }).held().collect() }

// Arrive is the part of a Wait before the caller waits.
func (s *Space) Arrive(b driver.Barrier) error {
	_, err := b.(*Barrier).arrive()
	return err
}

// A Box is a word that names a block, for the heap's cases.
type Box struct {
	o      *Object
	word   uint64
	pieces uint64 // its blocks are so many chunks, or one block of one; each piece begins with the value
}

// NewBox returns the box that an Int64's word is.
func (s *Space) NewBox(n driver.Int64) *Box { return s.NewBigBox(n, 1) }

// NewBigBox returns the box that an Int64's word is, for blocks of so many chunks.
func (s *Space) NewBigBox(n driver.Int64, chunks uint64) *Box {
	i := n.(*Int64)
	return &Box{i.Object, i.at + entInt, chunks}
}

func (b *Box) size() uint64 {
	if b.pieces == 1 {
		return 8
	}
	return b.pieces * b.o.s.chunkSize
}

// Replace puts a new block into the box and gives up the one that was there.
func (b *Box) Replace(v uint64) error {
	s := b.o.s
	mine, err := s.alloc(b.size(), b.word)
	if err != nil {
		return err
	}
	for k := range b.pieces {
		at := mine.offset() + k*s.chunkSize
		if b.pieces > 1 && s.a.Peek(at) != 0 {
			return fmt.Errorf("a new big block begins with %d", s.a.Peek(at))
		}
		s.a.Store(at, v)
	}
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
	sound = ok && s.a.Load(header) == name.word(blockLive, 0)
	v = s.a.Load(name.offset())
	for k := range b.pieces {
		sound = sound && s.a.Load(name.offset()+k*s.chunkSize) == v
	}
	return v, sound
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

// MyCalls reports whether a call of this process waits to be served, and whether one
// waits although there is a reason not to: it is answered, or its server is dead.
func (s *Space) MyCalls(service driver.Service) (queued, forgotten bool) {
	v := service.(*Service)
	for at := range s.attachments(v.i, v.meta) {
		if s.a.Load(at) != s.me.high()|callCell {
			continue
		}
		word := s.a.Load(at + callWord)
		switch callState(word) {
		case callQueued:
			queued = true
		case callServed:
			forgotten = forgotten || !s.alive(ownerOf(word))
		case callAnswered, callRefused:
			forgotten = true
		}
	}
	return queued, forgotten
}

// CallCells counts the cells of a service that are in use.
func (s *Space) CallCells(service driver.Service) (n int) {
	v := service.(*Service)
	for at := range s.attachments(v.i, v.meta) {
		if first := s.a.Peek(at); first&callCell != 0 || ownerOf(first) == 0 && first != 0 {
			n++
		}
	}
	return n
}
