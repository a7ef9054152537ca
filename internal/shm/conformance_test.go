//go:build linux

package shm_test

import (
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/conformance"
	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/shm"
)

// On the heap the race detector sees every access.
func TestHeapSpace_conforms(t *testing.T) {
	conformance.Run(t, func(t *testing.T) func() driver.Space {
		heap := arena.NewHeap(8 << 20)
		if err := shm.Format(heap.Attach(), 1, [2]uint64{}); err != nil {
			t.Fatal(err)
		}
		return func() driver.Space {
			s, err := shm.Attach(heap.Attach(), [2]uint64{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
	})
}

// Each opening of a file is a process of its own, as far as the space can tell.
func TestFileSpace_conforms(t *testing.T) {
	conformance.Run(t, func(t *testing.T) func() driver.Space {
		first, err := arena.Memory(8 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if err := shm.Format(first, 1, [2]uint64{}); err != nil {
			t.Fatal(err)
		}
		return func() driver.Space {
			f, err := first.Reopen()
			if err != nil {
				t.Fatal(err)
			}
			a, err := arena.FromFile(f.File)
			if err != nil {
				t.Fatal(err)
			}
			s, err := shm.Attach(a, [2]uint64{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
	})
}
