package conformance

import (
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var arrayTests = tests{
	"an array is one memory, zero at first":             arrayShares,
	"an array of another type or length is ErrMismatch": arrayFits,
	"an array's lock excludes":                          arrayExcludes,
	"an array's lock is found by its ID":                arrayLockByID,
	"an array's memory outlives Close and Delete":       arrayLasts,
	"a closed space's array has no memory to give":      arrayLate,
	"an array that does not fit is ErrNoSpace":          arrayTooLarge,
}

func array(t *testing.T, s driver.Space, name string, n uint64) driver.Array {
	t.Helper()
	a, err := s.OpenArray(background, named(name), driver.Elements{Size: 8, Count: n})
	must(t, err)
	return a
}

func isZero(t *testing.T, memory []byte) {
	t.Helper()
	for i, b := range memory {
		if b != 0 {
			t.Fatalf("byte %d of %d is %d", i, len(memory), b)
		}
	}
}

func fill(memory []byte) {
	for i := range memory {
		memory[i] = 0xff
	}
}

// arrayLengths are of arrays that share a chunk with other blocks, and of one that
// has chunks of its own.
var arrayLengths = []uint64{1, 1000, 10_000}

func arrayShares(t *testing.T, attach func() driver.Space) {
	one, two := attach(), attach()
	for _, n := range arrayLengths {
		a := array(t, one, "", n)
		memory := a.Memory()
		if len(memory) != int(8*n) {
			t.Fatalf("%d elements have %d bytes", n, len(memory))
		}
		isZero(t, memory)
		memory[0], memory[8*n-1] = 1, 2
		b, err := two.OpenArray(background, driver.Which{ID: a.ID()}, driver.Elements{Size: 8})
		must(t, err)
		if memory := b.Memory(); len(memory) != int(8*n) || memory[0] != 1 || memory[8*n-1] != 2 {
			t.Errorf("%d elements: another process has other memory", n)
		}
		must(t, one.Delete(background, a.Name()))
	}
}

func arrayFits(t *testing.T, attach func() driver.Space) {
	array(t, attach(), "a", 10)
	s := attach()
	for _, of := range []driver.Elements{{Size: 8, Count: 11}, {Size: 4, Count: 10}, {Type: driver.Type{Name: "other", Fingerprint: [16]byte{1}}, Size: 8, Count: 10}} {
		_, err := s.OpenArray(background, named("a"), of)
		is(t, err, driver.ErrMismatch)
	}
	_, err := s.OpenMutex(background, named("a"))
	is(t, err, driver.ErrMismatch)
	_, err = s.OpenArray(background, named("b"), driver.Elements{Size: 8})
	is(t, err, driver.ErrRange)
	_, err = s.OpenArray(background, named("b"), driver.Elements{Size: 8, Count: 1 << 61})
	is(t, err, driver.ErrTooLarge)
}

func arrayExcludes(t *testing.T, attach func() driver.Space) {
	const processes, goroutines, times = 3, 2, 300
	var all sync.WaitGroup
	for range processes {
		a := array(t, attach(), "a", 1)
		for range goroutines {
			all.Go(func() {
				memory := a.Memory()
				for range times {
					h, err := a.Mutex().Lock(background)
					if err != nil {
						t.Error(err)
						return
					}
					memory[0]++
					if memory[0] == 0 {
						memory[1]++
					}
					if err := a.Mutex().Unlock(h); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	memory := array(t, attach(), "a", 1).Memory()
	if sum := int(memory[0]) + int(memory[1])<<8; sum != processes*goroutines*times {
		t.Errorf("the sum is %d", sum)
	}
}

func arrayLockByID(t *testing.T, attach func() driver.Space) {
	a := array(t, attach(), "a", 1)
	h, err := a.Mutex().Lock(background)
	must(t, err)
	other, err := attach().OpenMutex(background, driver.Which{ID: a.Mutex().ID()})
	must(t, err)
	_, err = other.TryLock()
	is(t, err, driver.ErrLocked)
	must(t, a.Mutex().Unlock(h))
	h, err = other.TryLock()
	must(t, err)
	must(t, other.Unlock(h))
}

func arrayLasts(t *testing.T, attach func() driver.Space) {
	for _, n := range arrayLengths {
		mine, other := attach(), attach()
		a := array(t, mine, "a", n)
		memory := a.Memory()
		fill(memory)
		held, err := a.Mutex().Lock(background)
		must(t, err)
		must(t, mine.Close())
		h, err := array(t, other, "a", n).Mutex().Lock(background)
		must(t, err)
		if !h.Abandoned() {
			t.Error("Close has kept the lock")
		}
		is(t, a.Mutex().Unlock(held), driver.ErrClosed)
		must(t, other.Delete(background, "a"))
		isZero(t, array(t, other, "b", n).Memory())
		fill(array(t, other, "b", n).Memory())
		for i := range memory {
			if memory[i] != 0xff {
				t.Fatalf("of %d elements, byte %d has changed", n, i)
			}
			memory[i] = 1
		}
		if again := a.Memory(); len(again) != len(memory) {
			t.Errorf("after Close it has %d bytes", len(again))
		}
		if array(t, other, "b", n).Memory()[0] != 0xff {
			t.Error("a new array has the old one's memory")
		}
		must(t, other.Delete(background, "b"))
	}
}

func arrayLate(t *testing.T, attach func() driver.Space) {
	s := attach()
	a := array(t, s, "late", 1)
	must(t, s.Close())
	if a.Memory() != nil {
		t.Error("memory is given out that is not held")
	}
}

func arrayTooLarge(t *testing.T, attach func() driver.Space) {
	s := attach()
	before, err := s.Stats(background)
	must(t, err)
	_, err = s.OpenArray(background, named("a"), driver.Elements{Size: 8, Count: uint64(before.Max)})
	is(t, err, driver.ErrNoSpace)
	after, err := s.Stats(background)
	must(t, err)
	if len(after.Objects) != 0 || after.Used > before.Used+128<<10 {
		t.Errorf("what failed has left %+v", after)
	}
	must(t, s.Check(background))
}
