//go:build linux

package shm

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Where no attachment can be had for one more cell, a reader waits for one of its
// own process's; it does not fail.
func TestRead_waitsForACellWhereTheSpaceHasNoRoomForOne(t *testing.T) {
	ctx := context.Background()
	heap := arena.NewHeap(1 << 20)
	if err := Format(heap.Attach(), 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	s, err := Attach(heap.Attach(), [2]uint64{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	opened, err := s.OpenValue(ctx, driver.Which{Name: "v"}, driver.Type{})
	if err != nil {
		t.Fatal(err)
	}
	v := opened.(*Value)
	if err := v.Store(ctx, []byte("value")); err != nil {
		t.Fatal(err)
	}
	var taken []uint64
	for {
		at, err := s.attach(v.i, v.meta)
		if errors.Is(err, driver.ErrNoSpace) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, at)
	}
	var readings []driver.Reading
	for range attachWords {
		r, err := v.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		readings = append(readings, r)
	}
	var has atomic.Bool
	read := make(chan error)
	go func() {
		r, err := v.Read(ctx)
		has.Store(true)
		if err == nil {
			v.Done(r)
		}
		read <- err
	}()
	if has.Load() {
		t.Error("one more has a cell than there are")
	}
	v.Done(readings[0])
	if err := <-read; err != nil {
		t.Error(err)
	}
	for _, r := range readings[1:] {
		v.Done(r)
	}
	for _, at := range taken {
		s.detach(at, s.me)
	}
	if err := s.Check(ctx); err != nil {
		t.Error(err)
	}
}
