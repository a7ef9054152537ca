// Package shm is the algorithms by which processes share an arena: owner slots
// with proof of death, a directory of named objects, and the objects themselves,
// one file each.
//
// Any process may stop or vanish between any two accesses. What keeps the space
// whole is the same everywhere: state that is held names its owner in the word
// that says so; every change that others see is one compare-and-swap; and what a
// dead owner left is undone by sweep, which anybody may run, any number of times
// and at once.
package shm

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

const (
	magic   = 0x31_63_70_69_74_6c_75_6d // "multipc1"
	version = 1
)

// The header is the arena's first page, one word each. All but the high-water
// marks and lastName are written before anybody else can see the space.
const (
	hdrMagic = 8 * iota
	hdrVersion
	hdrBoot0
	hdrBoot1
	hdrSize
	hdrSlots   // how many there are of each: see layout
	hdrCells   //
	hdrObjects //
	hdrAnnexes //
	hdrSeed    // of the names' hashes
	hdrCreated // in ns since 1970
	hdrSlotsHigh
	hdrObjectsHigh // objects below it have memory; it only rises
	hdrAnnexesHigh
	hdrLastName // counts the names made for objects without one
	hdrChunks
	hdrChunkSize
	hdrChunksHigh // chunks below it have entries

	headerSize = 4096
)

// layout says what is where. In this order: header, slots, cells of the
// directory, objects, annexes, and the heap.
type layout struct {
	size                            uint64
	slots, cells, objects, annexes  uint64 // how many
	slotAt, cellAt, objectAt, annex uint64 // where they begin
	chunks, chunkSize               uint64 // of the heap
	chunksAt, headersAt, chunkAt    uint64 // its chunks' entries, their blocks' headers, and they themselves
}

const (
	slotSize   = 128
	cellSize   = 8
	objectSize = 640
	annexSize  = 512

	maxSlots   = 4096 // owners have 12 bits for it
	maxObjects = 1 << 17
)

func (l *layout) place() {
	l.slotAt = headerSize
	l.cellAt = l.slotAt + l.slots*slotSize
	l.objectAt = l.cellAt + l.cells*cellSize
	l.annex = l.objectAt + l.objects*objectSize
	l.chunksAt = l.annex + l.annexes*annexSize
	l.headersAt = l.chunksAt + l.chunks*chunkEntry
	l.chunkAt = roundUp(l.headersAt+l.chunks*l.headerRow(), l.chunkSize)
}

func roundUp(n, to uint64) uint64 { return (n + to - 1) / to * to }

// MinBytes is the size of the smallest space.
const MinBytes = 1 << 20

// standard is the layout of a space of size bytes: a small one has fewer slots
// and objects.
func standard(size uint64) layout {
	within := func(n, low, high uint64) uint64 {
		return min(max(1<<(bits.Len64(n)-1), low), high)
	}
	objects := within(size/4096, 64, maxObjects)
	l := layout{
		size:      size,
		slots:     within(size/4096, 64, maxSlots),
		cells:     2 * objects,
		objects:   objects,
		annexes:   objects / 2,
		chunkSize: 2 << 20,
	}
	if size < 256<<20 {
		l.chunkSize = 64 << 10
	}
	l.place()
	// The rest is the heap's, but for what rounding takes, and as far as blocks can be
	// named.
	end := min(size, blocksEnd)
	if rest := end - min(end, l.chunkAt+l.chunkSize); rest > 0 {
		l.chunks = rest / (l.chunkSize + l.headerRow() + chunkEntry)
	}
	l.place()
	return l
}

// Format makes a new space of a, which must be all zeroes and unknown to others.
func Format(a *arena.Arena, seed uint64, boot [2]uint64) error {
	if a.Size() < MinBytes {
		return fmt.Errorf("%w: %d bytes, less than %d", errors.ErrUnsupported, a.Size(), MinBytes)
	}
	return format(a, standard(a.Size()), seed, boot)
}

func format(a *arena.Arena, l layout, seed uint64, boot [2]uint64) error {
	if err := a.Reserve(0, l.objectAt); err != nil {
		return spaceFull(err)
	}
	for off, v := range map[uint64]uint64{
		hdrVersion: version, hdrBoot0: boot[0], hdrBoot1: boot[1], hdrSize: l.size,
		hdrSlots: l.slots, hdrCells: l.cells, hdrObjects: l.objects, hdrAnnexes: l.annexes,
		hdrChunks: l.chunks, hdrChunkSize: l.chunkSize,
		hdrSeed: seed, hdrCreated: uint64(a.Now().UnixNano()), hdrSlotsHigh: 1,
	} {
		a.Store(off, v)
	}
	a.Store(hdrMagic, magic)
	return nil
}

// readLayout checks that a is a space of this version and boot, and whole as far
// as its header goes.
func readLayout(a *arena.Arena, boot [2]uint64) (l layout, err error) {
	if a.Size() < headerSize || a.Load(hdrMagic) != magic {
		return l, fmt.Errorf("%w: the file begins with something else", driver.ErrCorrupt)
	}
	if v := a.Load(hdrVersion); v != version {
		return l, fmt.Errorf("%w: its version is %d, this program's %d", driver.ErrVersion, v, version)
	}
	if (a.Load(hdrBoot0) != boot[0]) || (a.Load(hdrBoot1) != boot[1]) {
		return l, fmt.Errorf("%w: it was made before this boot of the machine", driver.ErrVersion)
	}
	l = layout{
		size: a.Load(hdrSize), slots: a.Load(hdrSlots), cells: a.Load(hdrCells),
		objects: a.Load(hdrObjects), annexes: a.Load(hdrAnnexes),
		chunks: a.Load(hdrChunks), chunkSize: a.Load(hdrChunkSize),
	}
	sound := l.size == a.Size() && l.size%8 == 0 &&
		l.slots >= 2 && l.slots <= maxSlots &&
		l.objects >= 1 && l.objects <= maxObjects &&
		l.cells >= 1 && l.cells <= 2*maxObjects && l.cells&(l.cells-1) == 0 &&
		l.annexes <= maxObjects &&
		l.chunkSize >= 2*minBlock && l.chunkSize <= 2<<20 && l.chunkSize&(l.chunkSize-1) == 0 &&
		l.chunks <= l.size/l.chunkSize && l.chunks <= maxChunks
	if sound {
		l.place()
	}
	if !sound || l.chunkAt+l.chunks*l.chunkSize > min(l.size, blocksEnd) {
		return l, fmt.Errorf("%w: its header contradicts itself or the file's size", driver.ErrCorrupt)
	}
	return l, nil
}

func (l *layout) slot(i int) uint64   { return l.slotAt + uint64(i)*slotSize }
func (l *layout) object(i int) uint64 { return l.objectAt + uint64(i)*objectSize }
