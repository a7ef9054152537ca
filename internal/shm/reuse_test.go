//go:build linux

package shm

import (
	"context"
	"errors"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// What an earlier object's use has left in an attachment is no share of the next one
// that this process gets the same attachment of.
func TestSemaphore_hasNoPermitsFromWhatWasInItsEntryBefore(t *testing.T) {
	ctx := context.Background()
	s, _ := twoProcesses(t)
	m := openedRWMutex(t, s)
	for range 3 { // readers of every seat, and one in the crowd
		lock, held, err := m.RLock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = lock.Unlock(held) }()
	}
	first, held, err := m.RLock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Unlock(held); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, "rw"); err != nil {
		t.Fatal(err)
	}
	forget(m.Object)
	s.hint = m.i
	permits, err := s.OpenSemaphore(ctx, driver.Which{Name: "s"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if permits.(*Semaphore).i != m.i {
		t.Fatal("the semaphore is not in the lock's entry")
	}
	if err := permits.Release(ctx, 1); !errors.Is(err, driver.ErrNotHeld) {
		t.Errorf("Release of a permit that was never acquired: %v", err)
	}
	if err := s.Check(ctx); err != nil {
		t.Error(err)
	}
}

// Empty chunks that a process has kept are no reason to say that the space is full.
func TestHeap_givesUpEmptyChunksForABigBlock(t *testing.T) {
	ctx := context.Background()
	s, _ := twoProcesses(t)
	v, err := s.OpenValue(ctx, driver.Which{Name: "v"}, driver.Type{})
	if err != nil {
		t.Fatal(err)
	}
	for size := 100; size < int(s.chunkSize)/2; size += size / 3 { // of many classes
		if err := v.Store(ctx, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Store(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if len(s.heap.spares.chunks) == 0 {
		t.Fatal("no chunk was kept")
	}
	all := driver.Elements{Size: 1, Count: s.chunkSize * (s.chunks - 1)}
	for len(s.heap.spares.chunks) > 0 && all.Count > s.chunkSize*(s.chunks/2) {
		if _, err = s.OpenArray(ctx, driver.Which{Name: "a"}, all); err == nil {
			return // there was room as soon as what is kept was given up
		}
		all.Count -= s.chunkSize // the value's own chunk may stand in the middle
	}
	t.Errorf("an array of half the space, and smaller than all of it by a chunk each time, does not fit: %v", err)
}
