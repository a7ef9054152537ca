//go:build linux && !race

package ipc_test

import (
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

// The race detector's sync.Pool forgets at random, so that this is asked without it.
func TestGetInto_needsNoMemoryButItsOwn(t *testing.T) {
	needsNone(t, make([]byte, 1000))
	needsNone(t, [8]int64{1, 2, 3})
	needsNone(t, struct {
		Number uint64
		Text   [50]byte
		Good   bool
	}{7, [50]byte{'a'}, true})
}

func needsNone[T any](t *testing.T, v T) {
	t.Helper()
	q := openQueue[T](t, "", ipc.QueueConfig{})
	var got T
	allocations := testing.AllocsPerRun(1000, func() {
		if err := q.Put(background, v); err != nil {
			t.Fatal(err)
		}
		if err := q.GetInto(background, &got); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%T: %v allocations for a Put and a GetInto", v, allocations)
	}
}
