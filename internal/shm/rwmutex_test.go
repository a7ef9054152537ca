//go:build linux

package shm

import (
	"context"
	"errors"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

func twoProcesses(t *testing.T) (one, two *Space) {
	t.Helper()
	heap := arena.NewHeap(MinBytes)
	if err := Format(heap.Attach(), 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	attach := func() *Space {
		s, err := Attach(heap.Attach(), [2]uint64{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	return attach(), attach()
}

func openedRWMutex(t *testing.T, s *Space) *RWMutex {
	t.Helper()
	m, err := s.OpenRWMutex(context.Background(), driver.Which{Name: "rw"})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*RWMutex)
}

// forget does what the collector has done when it has found all handles.
func forget(o *Object) {
	o.cleanup.Stop()
	o.s.open[o.i] = opened{meta: o.meta, attachment: o.attach}
	o.s.letGo(o.i, o.attach)
}

// The collector finding the handles of a lock, and with them a reader's Guard, is no
// Unlock.
func TestRWMutex_aForgottenReaderIsOneUntilItsProcessEnds(t *testing.T) {
	one, two := twoProcesses(t)
	m, other := openedRWMutex(t, one), openedRWMutex(t, two)
	if _, _, err := m.RLock(context.Background()); err != nil {
		t.Fatal(err)
	}
	forget(m.Object)
	again := openedRWMutex(t, one)
	for _, m := range []*RWMutex{other, again} {
		if _, err := m.TryLock(); !errors.Is(err, driver.ErrLocked) {
			t.Errorf("TryLock while a forgotten reader reads: %v", err)
		}
	}
	forget(again.Object)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.TryLock(); err != nil {
		t.Errorf("TryLock once the forgotten reader's process is gone: %v", err)
	}
	if err := two.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// An entry is used again, and so are its attachments' words.
func TestRWMutex_aNewOneHasNoReadersOfAnOldOne(t *testing.T) {
	one, _ := twoProcesses(t)
	for range 3 {
		m := openedRWMutex(t, one)
		if _, err := m.TryLock(); err != nil {
			t.Fatalf("TryLock of a new lock: %v", err)
		}
		m = openedRWMutex(t, one)
		if err := one.Delete(context.Background(), "rw"); err != nil {
			t.Fatal(err)
		}
		for at := m.attach + attachSeats; at <= m.attach+attachCrowd; at += 8 {
			one.a.Store(at, one.me.high()|5) // those that were forgotten
		}
		forget(m.Object)
		one.hint = m.i
	}
}

// Claims that come to nothing use generations up: tokens rise all the same.
func TestRWMutex_tokensRiseBeyondTheGenerations(t *testing.T) {
	one, two := twoProcesses(t)
	m, reader := openedRWMutex(t, one), openedRWMutex(t, two)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	last := uint64(0)
	for step := range uint64(12) {
		one.a.Store(m.at+entLock, step<<30&(1<<32-1)) // a quarter of them each time
		lock, held, err := reader.RLock(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Lock(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("Lock while another reads: %v", err)
		}
		if err := lock.Unlock(held); err != nil {
			t.Fatal(err)
		}
		if step%2 == 1 {
			continue // half of the generations go by in claims alone
		}
		h, err := m.TryLock()
		if err != nil {
			t.Fatal(err)
		}
		if h.Token() <= last {
			t.Errorf("step %d: token %d after %d", step, h.Token(), last)
		}
		last = h.Token()
		if err := m.Unlock(h); err != nil {
			t.Fatal(err)
		}
	}
}
