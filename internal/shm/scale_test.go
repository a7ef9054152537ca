//go:build linux

package shm_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/shm"
)

// A thousand openings are a thousand processes, as far as the space can tell.
func TestSpace_hasRoomForAThousandProcesses(t *testing.T) {
	heap := arena.NewHeap(64 << 20)
	if err := shm.Format(heap.Attach(), 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	var all []*shm.Space
	for i := range 1000 {
		s, err := shm.Attach(heap.Attach(), [2]uint64{})
		if err != nil {
			t.Fatalf("process %d: %v", i, err)
		}
		all = append(all, s)
		n, err := s.OpenInt64(ctx, driver.Which{Name: "n"})
		if err != nil {
			t.Fatalf("process %d: %v", i, err)
		}
		if v, err := n.Add(ctx, 1); v != int64(i)+1 || err != nil {
			t.Fatalf("process %d: %d, %v", i, v, err)
		}
	}
	stats, err := all[0].Stats(ctx)
	if err != nil || len(stats.Processes) != 1000 {
		t.Errorf("%d processes, %v", len(stats.Processes), err)
	}
	for _, s := range all[1:] {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := all[0].Check(ctx); err != nil {
		t.Error(err)
	}
	if err := all[0].Delete(ctx, "n"); err != nil {
		t.Error(err)
	}
}

func BenchmarkOpen_existing(b *testing.B) {
	heap := arena.NewHeap(128 << 20)
	if err := shm.Format(heap.Attach(), 1, [2]uint64{}); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	s, err := shm.Attach(heap.Attach(), [2]uint64{})
	if err != nil {
		b.Fatal(err)
	}
	var keep []driver.Int64
	for i := range 10_000 {
		n, err := s.OpenInt64(ctx, driver.Which{Name: fmt.Sprint(i)})
		if err != nil {
			b.Fatal(err)
		}
		keep = append(keep, n)
	}
	i := 0
	for b.Loop() {
		if _, err := s.OpenInt64(ctx, driver.Which{Name: keep[i%len(keep)].Name()}); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkFormat_andAttach(b *testing.B) {
	for b.Loop() {
		a, err := arena.Memory(arena.DefaultSize())
		if err != nil {
			b.Fatal(err)
		}
		if err := shm.Format(a, 1, [2]uint64{}); err != nil {
			b.Fatal(err)
		}
		s, err := shm.Attach(a, [2]uint64{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
