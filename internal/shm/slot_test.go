//go:build linux

package shm

import (
	"context"
	"errors"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Who needs the slot of one that died in the midst of Delete cannot do the dead's
// work before it has that slot.
func TestAttach_finishesWhatTheDeadWasDeleting(t *testing.T) {
	heap := arena.NewHeap(MinBytes)
	attach := func() *Space {
		s, err := Attach(heap.Attach(), [2]uint64{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	l := standard(MinBytes)
	l.slots = 3
	if err := format(heap.Attach(), l, 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	dead, user := attach(), attach()
	m, err := user.OpenMutex(context.Background(), driver.Which{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	i, meta, found := dead.find("m", dead.hash("m"))
	if !found || !dead.a.CompareAndSwap(dead.object(i), meta, become(meta, stateDeleted, 0)) {
		t.Fatal("no mutex to delete")
	}
	if err := dead.a.Close(); err != nil {
		t.Fatal(err)
	}

	next := attach()
	if next.me.slot() != dead.me.slot() {
		t.Errorf("its slot is %d, not the dead's", next.me.slot())
	}
	if _, err := m.TryLock(); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("TryLock of a deleted mutex: %v", err)
	}
}

func TestStats_survivesAHolderThatCannotBe(t *testing.T) {
	heap := arena.NewHeap(32 << 10)
	l := layout{size: 32 << 10, slots: 3, cells: 4, objects: 2, annexes: 1, chunkSize: 2 * minBlock}
	l.place()
	if err := format(heap.Attach(), l, 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	s, err := Attach(heap.Attach(), [2]uint64{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.OpenMutex(context.Background(), driver.Which{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	s.a.Store(m.(*Mutex).at+entLock, makeOwner(maxSlots-1, 1).high())
	stats, err := s.Stats(context.Background())
	if err != nil || len(stats.Objects) != 1 || stats.Objects[0].Holder != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	if _, err := m.TryLock(); err != nil {
		t.Errorf("the lock of nobody: %v", err)
	}
}
