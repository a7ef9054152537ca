//go:build linux

package shm

import (
	"context"
	"slices"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

func TestWatch_looksBeyondOneWhoHasClosedTheSpaceAndKeepsItsMemory(t *testing.T) {
	heap := arena.NewHeap(1 << 20)
	if err := Format(heap.Attach(), 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	var spaces []*Space
	for range 4 {
		s, err := Attach(heap.Attach(), [2]uint64{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		spaces = append(spaces, s)
	}
	for i, want := range [][]owner{{spaces[1].me}, {spaces[2].me}, {spaces[3].me}, {spaces[0].me}} {
		if got := slices.Collect(spaces[i].charges); !slices.Equal(got, want) {
			t.Errorf("process %d looks after %x, not %x", i, got, want)
		}
	}
	for _, s := range []*Space{spaces[1], spaces[3]} {
		a, err := s.OpenArray(context.Background(), driver.Which{}, driver.Elements{Size: 1, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		a.Memory()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range map[int][]owner{0: {spaces[1].me, spaces[2].me}, 2: {spaces[3].me, spaces[0].me}} {
		if got := slices.Collect(spaces[i].charges); !slices.Equal(got, want) {
			t.Errorf("when others have closed, process %d looks after %x, not %x", i, got, want)
		}
	}
}
