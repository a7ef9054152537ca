package ipc

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Array is n elements of a type without pointers, in shared memory as they are,
// zero at first.
//
// T is a bool, a number, or an array or a struct of such, and may have unexported
// fields. What package sync/atomic has for numbers may be an element too, and orders
// what processes do; a sync.Mutex may not: it knows the goroutines of one process.
//
// Slice is the memory itself. A process that has called it keeps that memory, and its
// place in the space, until it ends, whatever Delete and Close do: from a deleted array
// the memory is taken back once the last such process has ended. An array lives on one
// machine.
//
// Order:    as the elements' use orders itself: by Mutex, by another object, or by atomic elements.
// Crash:    what a process has written stays, half of an element too; the next holder of Mutex is told by Abandoned.
// Fairness: that of its Mutex.
// Cost:     an element costs what memory costs. The first to open an array has the system set its memory aside, some 0.5 s for each GiB; others who open it meanwhile wait for that.
type Array[T any] struct {
	handle[driver.Array]
	plain codec.Plain[T]
	mutex *Mutex
	slice atomic.Pointer[[]T]
}

// OpenArray attaches to the array of n elements called name, or creates it. A T with
// pointers is ErrType, naming the field; n less than 1 is ErrRange. Where the space, in
// one piece, the machine or the control group has not so much memory, it is ErrNoSpace.
func OpenArray[T any](ctx context.Context, s *Space, name string, n int) (*Array[T], error) {
	plain, err := plainOf[T]()
	switch {
	case err != nil:
	case n < 1:
		err = fmt.Errorf("%w: %d elements", ErrRange, n)
	case n > math.MaxInt/plain.Size:
		err = fmt.Errorf("%w: %d elements of %d bytes", ErrTooLarge, n, plain.Size)
	}
	if err != nil {
		return nil, fmt.Errorf("open array %q: %w", name, err)
	}
	h, err := open(ctx, s, arrayOpener(plain, uint64(n)), "array", name)
	if err != nil {
		return nil, err
	}
	return &Array[T]{handle: h, plain: plain, mutex: lockOf(h)}, nil
}

func plainOf[T any]() (codec.Plain[T], error) {
	plain, err := codec.PlainOf[T]()
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrType, err)
	}
	return plain, err
}

// arrayOpener opens arrays of that type; n is 0 for one that is there.
func arrayOpener[T any](plain codec.Plain[T], n uint64) opener[driver.Array] {
	of := driver.Elements{
		Type: driver.Type{Name: plain.Name, Fingerprint: plain.Fingerprint},
		Size: uint64(plain.Size), Count: n,
	}
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Array, error) {
		return s.OpenArray(ctx, which, of)
	}
}

// Slice returns the memory itself, the same each time. It stays good until the
// process ends. It is nil if the space was closed before the first call.
func (a *Array[T]) Slice() []T {
	if s := a.slice.Load(); s != nil {
		return *s
	}
	memory := a.object.Memory()
	runtime.KeepAlive(a)
	if memory == nil {
		return nil
	}
	s := a.plain.Slice(memory)
	a.slice.Store(&s)
	return s
}

// Mutex returns the array's own lock, for ordering the use of Slice. It has the
// array's name, and is deleted with it.
func (a *Array[T]) Mutex() *Mutex { return a.mutex }

func lockOf(h handle[driver.Array]) *Mutex {
	return &Mutex{handle[driver.Mutex]{h.object.Mutex(), h.space, "mutex"}}
}

// MarshalBinary lets the handle stand in what processes send one another. The
// array has to be there still when it arrives.
func (a *Array[T]) MarshalBinary() ([]byte, error) { return a.marshal() }

// UnmarshalBinary attaches to the array that another process has sent.
func (a *Array[T]) UnmarshalBinary(data []byte) error {
	plain, err := plainOf[T]()
	if err != nil {
		return fmt.Errorf("receive array: %w", err)
	}
	if err := a.unmarshal(data, arrayOpener(plain, 0), "array"); err != nil {
		return err
	}
	a.plain, a.mutex = plain, lockOf(a.handle)
	a.slice.Store(nil)
	return nil
}
