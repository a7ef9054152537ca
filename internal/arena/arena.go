package arena

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"
)

// An Arena is one process's view of shared memory.
type Arena struct {
	base  unsafe.Pointer
	limit uint64 // the last offset of a whole word, plus one
	size  uint64
	back  backing
	hook  Hook // only looked at where hooked is true
}

// backing is what differs between a file and the heap.
type backing interface {
	sleep(word *uint32, low uint32, d time.Duration, cancel, closed <-chan struct{}) bool
	wake(word *uint32, n int)
	reserve(off, n uint64) error
	punch(off, n uint64) error
	tryLock(slot int) (bool, error)
	unlock(slot int) error
	held(slot int) (bool, error)
	close() error
}

func newArena(base unsafe.Pointer, size uint64, back backing) *Arena {
	return &Arena{base: base, limit: size - 7, size: size, back: back}
}

// Size returns the arena's size in bytes, most of which may be holes.
func (a *Arena) Size() uint64 { return a.size }

// Close ends this process's use of the arena, and with it the proof that the
// process lives. The mapping stays until nothing refers to a any more, so that
// operations under way cannot fault.
func (a *Arena) Close() error { return a.back.close() }

func (a *Arena) word(off uint64) *uint64 {
	if off >= a.limit {
		a.outside(off)
	}
	return (*uint64)(unsafe.Add(a.base, off))
}

// low returns the half of the word at off that has its low 32 bits: the half
// that processes sleep on.
func (a *Arena) low(off uint64) *uint32 {
	p := unsafe.Pointer(a.word(off))
	if bigEndian {
		p = unsafe.Add(p, 4)
	}
	return (*uint32)(p)
}

var bigEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

//go:noinline
func (a *Arena) outside(off uint64) {
	panic(fmt.Sprintf("arena: offset %#x outside of %#x bytes", off, a.size))
}

// Load returns the word at off.
func (a *Arena) Load(off uint64) uint64 {
	if hooked && a.hook != nil {
		a.hook.Before(off)
		v := atomic.LoadUint64(a.word(off))
		a.hook.After(off, v, v)
		return v
	}
	return atomic.LoadUint64(a.word(off))
}

// Store sets the word at off.
func (a *Arena) Store(off, v uint64) {
	if hooked && a.hook != nil {
		a.hook.Before(off)
		a.hook.After(off, atomic.SwapUint64(a.word(off), v), v)
		return
	}
	atomic.StoreUint64(a.word(off), v)
}

// Write is Store for a word that others look at only after they have seen what the
// caller stores next, as the holder of a lock that gives it up: it may be a plain
// store. Words that are written so, and one that is stored after them, change in that
// order, also for those who look at what a dead process has left.
func (a *Arena) Write(off, v uint64) {
	if hooked && a.hook != nil {
		a.Store(off, v)
		return
	}
	*a.word(off) = v
}

// CompareAndSwap sets the word at off to new if it is old.
func (a *Arena) CompareAndSwap(off, old, new uint64) bool {
	if hooked && a.hook != nil {
		a.hook.Before(off)
		ok := atomic.CompareAndSwapUint64(a.word(off), old, new)
		if ok {
			a.hook.After(off, old, new)
		} else {
			v := atomic.LoadUint64(a.word(off))
			a.hook.After(off, v, v)
		}
		return ok
	}
	return atomic.CompareAndSwapUint64(a.word(off), old, new)
}

// Add adds delta to the word at off and returns the new value.
func (a *Arena) Add(off, delta uint64) uint64 {
	if hooked && a.hook != nil {
		a.hook.Before(off)
		v := atomic.AddUint64(a.word(off), delta)
		a.hook.After(off, v-delta, v)
		return v
	}
	return atomic.AddUint64(a.word(off), delta)
}

// Bytes returns the n bytes at off as they are. Ordering their use is the
// caller's, by words.
func (a *Arena) Bytes(off, n uint64) []byte {
	if n > a.size || off > a.size-n {
		a.outside(off + n)
	}
	return unsafe.Slice((*byte)(unsafe.Add(a.base, off)), n)
}

// Sleep returns when somebody wakes the word at off, when its low half is not
// low, when d has passed, or when cancel or closed is closed; it may also return
// for no reason. It reports whether it slept until d had passed.
func (a *Arena) Sleep(off uint64, low uint32, d time.Duration, cancel, closed <-chan struct{}) (timedOut bool) {
	if hooked && a.hook != nil {
		return a.hook.Sleep(off, low, cancel, closed)
	}
	return a.back.sleep(a.low(off), low, d, cancel, closed)
}

// Wake wakes at most n of those that sleep on the word at off, in any process.
func (a *Arena) Wake(off uint64, n int) {
	if hooked && a.hook != nil {
		a.hook.Wake(off, n)
		return
	}
	a.back.wake(a.low(off), n)
}

// Reserve has the system set memory aside for n bytes at off, so that touching
// them cannot fail later.
func (a *Arena) Reserve(off, n uint64) error {
	if n > a.size || off > a.size-n {
		return ErrFull
	}
	return a.back.reserve(off, n)
}

// Punch gives the memory of n bytes at off back to the system. Nobody may touch
// them before they are reserved again.
func (a *Arena) Punch(off, n uint64) error {
	if hooked && a.hook != nil {
		a.hook.Before(off)
		for word := off; word < off+n; word += 8 {
			if old := a.Peek(word); old != 0 {
				a.hook.After(word, old, 0)
			}
		}
	}
	return a.back.punch(off, n)
}

// TryLock locks slot's byte for this Arena until Unlock, Close, or the process's
// death; false where another has it.
func (a *Arena) TryLock(slot int) (bool, error) {
	if hooked && a.hook != nil {
		a.hook.Before(lockHook + uint64(slot))
	}
	return a.back.tryLock(slot)
}

// Unlock gives slot's byte up.
func (a *Arena) Unlock(slot int) error {
	if hooked && a.hook != nil {
		a.hook.Before(lockHook + uint64(slot))
	}
	return a.back.unlock(slot)
}

// Held reports whether another Arena has slot's byte locked: its process lives.
func (a *Arena) Held(slot int) (bool, error) {
	if hooked && a.hook != nil {
		a.hook.Before(lockHook + uint64(slot))
		held, err := a.back.held(slot)
		v := uint64(0)
		if held {
			v = 1
		}
		a.hook.After(lockHook+uint64(slot), v, v)
		return held, err
	}
	return a.back.held(slot)
}
