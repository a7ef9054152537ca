package shm

import (
	"context"
	"fmt"
	"math"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Array is a block of the heap, which entArray names, and a lock, in the words of
// a Mutex. The block is there before the object is live, and goes when its entry is
// about to be free again.
//
// Its memory is given out as it is. So a process that has it keeps its attachment
// until it ends: see keep.
type Array struct {
	*Object
	memory, size uint64 // in bytes
}

func init() {
	kinds[ArrayKind] = kindOf{
		name: "array", config: [2]string{"elements", "bytes in each of them"},
		sleeps: entLock, wakes: 1, patience: lockPatience,
		recover: recoverLock, doom: doomLock, holder: lockHolder,
		furnish: furnishArray, strip: stripArray, picture: pictureArray, check: checkArray,
	}
}

// OpenArray attaches to an array, or makes it.
func (s *Space) OpenArray(ctx context.Context, which driver.Which, of driver.Elements) (driver.Array, error) {
	if of.Size == 0 || of.Count == 0 && which.ID == 0 {
		return nil, fmt.Errorf("%w: %d elements of %d bytes", driver.ErrRange, of.Count, of.Size)
	}
	if of.Count > math.MaxInt64/of.Size {
		return nil, fmt.Errorf("%w: %d elements of %d bytes", driver.ErrTooLarge, of.Count, of.Size)
	}
	spec := specOfType(ArrayKind, of.Type)
	spec.Config = [2]uint64{of.Count, of.Size}
	o, err := s.openWhich(ctx, which, spec)
	if err != nil {
		return nil, err
	}
	a := &Array{Object: o, size: o.spec.Config[0] * o.spec.Config[1]}
	a.memory = block(s.a.Load(o.at + entArray)).offset()
	if end := s.chunkStart(int(s.chunks)); a.memory < s.chunkAt || a.memory > end || a.size > end-a.memory {
		return nil, fmt.Errorf("%w: an array of %d bytes at %#x", driver.ErrCorrupt, a.size, a.memory)
	}
	return a, nil
}

// furnishArray makes the array's memory: all zeroes.
func furnishArray(s *Space, i int, spec Spec) error {
	n, names := spec.Config[0]*spec.Config[1], s.object(i)+entArray
	b, err := s.alloc(n, names)
	if err != nil {
		return fmt.Errorf("%d elements of %d bytes: %w", spec.Config[0], spec.Config[1], err)
	}
	if n <= s.chunkSize/2 && broken != leaveDirty { // a big block is all zeroes
		clear(s.a.Bytes(b.offset(), n))
	}
	s.a.Store(names, uint64(b))
	s.settle(b)
	return nil
}

// stripArray frees the memory of an array that nobody has, or will ever have. The
// second look at the entry says that the block is that array's: its maker, who alone
// may be filling it, is dead or we are he.
func stripArray(s *Space, i int, meta uint64) {
	b := block(s.a.Load(s.object(i) + entArray))
	if b != 0 && s.a.Load(s.object(i)) == meta {
		s.settle(b)
		s.free(b)
	}
}

func checkArray(s *Space, i int, meta uint64, say func(string, ...any)) {
	b := block(s.a.Load(s.object(i) + entArray))
	header, _, ok := s.headerOf(b)
	if !ok || s.a.Load(header) != b.word(blockLive, 0) {
		say("the array that object %d (%#x) is has no memory: %#x", i, meta, b)
	}
}

func pictureArray(s *Space, i int, _ uint64, one *driver.ObjectStat) {
	at := s.object(i)
	count, size := s.a.Load(at+entConfig), s.a.Load(at+entConfig+8)
	one.Len = int(count)
	one.Bytes += int64(count * size)
}

// Mutex returns the array's lock.
func (a *Array) Mutex() driver.Mutex { return newMutex(a.Object) }

// Memory returns the array's memory, which is good until this process ends.
func (a *Array) Memory() []byte {
	if !a.s.keep(a.Object) {
		return nil
	}
	return a.s.a.Bytes(a.memory, a.size)
}
