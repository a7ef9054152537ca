//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/multiproc-go/multiproc/ipc"
)

func openArray[T any](t testing.TB, name string, n int) *ipc.Array[T] {
	t.Helper()
	a, err := ipc.OpenArray[T](background, family(t), name, n)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, a.Name()) })
	return a
}

// Python's test_array and test_array_from_size.
func TestArray_isOneMemoryInAllProcessesAndZeroAtFirst(t *testing.T) {
	for _, n := range []int{1, 10, 300_000} {
		a := openArray[int64](t, "", n)
		slice := a.Slice()
		if len(slice) != n || cap(slice) != n {
			t.Fatalf("%d elements have a slice of %d, with room for %d", n, len(slice), cap(slice))
		}
		must(t, arrayIs(slice, 0))
		c := start(t, "arrays")
		c.do("open %s %d", a.Name(), n)
		c.do("is %s 0", a.Name())
		fillArray(slice, 7)
		c.do("is %s 7", a.Name())
		c.do("fill %s 9", a.Name())
		must(t, arrayIs(slice, 9))
		c.kill()
		must(t, arrayIs(a.Slice(), 9))
	}
}

func TestArray_hasElementsAsTheyAreInMemory(t *testing.T) {
	type sample struct {
		at     int64
		levels [3]float32
		on     bool
		Ratio  complex128
		count  atomic.Uint32
	}
	a := openArray[sample](t, "samples", 5)
	again := openArray[sample](t, "samples", 5)
	s := &a.Slice()[4]
	s.at, s.levels[2], s.on, s.Ratio = -1, 2.5, true, 3i
	s.count.Add(5)
	if o := &again.Slice()[4]; o.at != -1 || o.levels[2] != 2.5 || !o.on || o.Ratio != 3i || o.count.Load() != 5 {
		t.Errorf("another handle has at %d, levels %v, on %v, ratio %v, count %d", o.at, o.levels, o.on, o.Ratio, o.count.Load())
	}
	if at := uintptr(unsafe.Pointer(&a.Slice()[0])); at%64 != 0 {
		t.Errorf("the elements begin at %#x", at)
	}
}

type pointed struct {
	ID   int
	Tags []string
}

func TestArray_refusesTypesWithPointersNamingTheField(t *testing.T) {
	refuses(t, opens[pointed], "pointed.Tags: slice has pointers")
	refuses(t, opens[[2]struct{ In pointed }], ".In.Tags: slice has pointers")
	refuses(t, opens[string], "string: string has pointers")
	refuses(t, opens[*int], "*int has pointers")
	refuses(t, opens[struct{ f func() }], ".f: func has pointers")
	refuses(t, opens[struct{ M map[int]int }], ".M: map has pointers")
	refuses(t, opens[struct{ C chan int }], ".C: chan has pointers")
	refuses(t, opens[struct{ E error }], ".E: interface has pointers")
	refuses(t, opens[struct{ P unsafe.Pointer }], ".P: unsafe.Pointer has pointers")
	refuses(t, opens[struct{ V atomic.Pointer[int] }], ".V")
	refuses(t, opens[time.Time], "Time.loc: *time.Location has pointers")
	refuses(t, opens[struct{ L sync.Mutex }], ".L: sync.Mutex knows the goroutines of one process only")
	refuses(t, opens[struct{}], "take no memory")
	refuses(t, opens[[0]int], "take no memory")
}

func opens[T any](s *ipc.Space) error {
	_, err := ipc.OpenArray[T](background, s, "refused", 1)
	return err
}

func refuses(t *testing.T, open func(*ipc.Space) error, why string) {
	t.Helper()
	err := open(family(t))
	if !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), why) {
		t.Errorf("%v; want ErrType, and %q", err, why)
	}
}

func TestArray_refusesWhatItIsNot(t *testing.T) {
	type xy struct{ X, Y int32 }
	type yx struct{ Y, X int32 }
	a := openArray[xy](t, "fixed", 10)
	s := family(t)
	_, elements := ipc.OpenArray[xy](background, s, "fixed", 11)
	_, order := ipc.OpenArray[yx](background, s, "fixed", 10)
	_, size := ipc.OpenArray[[2]int64](background, s, "fixed", 10)
	_, kind := ipc.OpenArray[[2]float32](background, s, "fixed", 10)
	_, lock := ipc.OpenMutex(background, s, "fixed")
	for what, err := range map[string]error{"length": elements, "order": order, "size": size, "kind": kind, "object": lock} {
		if !errors.Is(err, ipc.ErrMismatch) {
			t.Errorf("another %s: %v", what, err)
		}
	}
	if want := `open array "fixed"`; !strings.HasPrefix(elements.Error(), want) || !strings.Contains(elements.Error(), "it has 10 elements, not 11") {
		t.Errorf("the error does not say what differs: %v", elements)
	}
	for _, n := range []int{0, -1, math.MinInt} {
		if _, err := ipc.OpenArray[xy](background, s, "none", n); !errors.Is(err, ipc.ErrRange) {
			t.Errorf("%d elements: %v", n, err)
		}
	}
	if _, err := ipc.OpenArray[xy](background, s, "none", math.MaxInt); !errors.Is(err, ipc.ErrTooLarge) {
		t.Errorf("more than there can be: %v", err)
	}
	if a.Name() != "fixed" {
		t.Errorf("its name is %q", a.Name())
	}
}

func TestArray_lockPassesOnWhenItsHolderIsKilled(t *testing.T) {
	a := openArray[int64](t, "robbed", 4)
	c := start(t, "arrays")
	c.do("open robbed 4")
	c.do("lock robbed")
	c.do("fill robbed 3")
	if _, err := a.Mutex().TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock: %v", err)
	}
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, o := range stats.Objects {
		if o.Name == "robbed" && (o.Kind != "array" || o.Holder != c.cmd.Process.Pid || o.Len != 4 || o.Bytes < 32) {
			t.Errorf("Stats has %+v", o)
		}
	}
	c.kill()
	g, err := a.Mutex().Lock(background)
	must(t, err)
	if !g.Abandoned() {
		t.Error("the guard does not say that the lock was abandoned")
	}
	must(t, g.Unlock())
	must(t, arrayIs(a.Slice(), 3))
}

func TestArray_lockWaitsForAStoppedHolder(t *testing.T) {
	a := openArray[int64](t, "frozen", 4)
	c := start(t, "arrays")
	c.do("open frozen 4")
	c.do("lock frozen")
	c.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond)
	defer cancel()
	if _, err := a.Mutex().Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Lock while the holder is stopped: %v", err)
	}
	c.signal(syscall.SIGCONT)
	c.do("unlock frozen")
	g, err := a.Mutex().Lock(background)
	must(t, err)
	if g.Abandoned() {
		t.Error("a lock that was unlocked says that it was abandoned")
	}
	must(t, g.Unlock())
}

// The slice is memory that the race detector does not see; the variable it does.
func TestArray_lockOrdersGoroutinesForTheRaceDetector(t *testing.T) {
	a := openArray[int64](t, "ordered", 1)
	again := openArray[int64](t, "ordered", 1)
	sum := 0
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			mine := a
			if i%2 == 0 {
				mine = again
			}
			for range 2000 {
				g, err := mine.Mutex().Lock(background)
				if err != nil {
					t.Error(err)
					return
				}
				sum++
				mine.Slice()[0]++
				g.Unlock()
			}
		})
	}
	all.Wait()
	if sum != 8000 || a.Slice()[0] != 8000 {
		t.Errorf("the sums are %d and %d", sum, a.Slice()[0])
	}
}

func TestArray_handlesOfItAndOfItsLockCanBeSent(t *testing.T) {
	a := openArray[int64](t, "sent", 10)
	data, err := a.MarshalBinary()
	must(t, err)
	var received ipc.Array[int64]
	must(t, received.UnmarshalBinary(data))
	received.Slice()[9] = 5
	if a.Slice()[9] != 5 {
		t.Error("the array received is another one")
	}
	var other ipc.Array[int32]
	if err := other.UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("received as an array of another type: %v", err)
	}
	data, err = a.Mutex().MarshalBinary()
	must(t, err)
	c := start(t, "receiver")
	c.tell("%x", data)
	c.expect("locked sent")
	if _, err := a.Mutex().TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock while the receiver has the lock: %v", err)
	}
}

func TestArray_deletedItsLockIsClosedAndItsMemoryStays(t *testing.T) {
	a := openArray[int64](t, "fleeting", 100)
	never := openArray[int64](t, "fleeting", 100)
	fillArray(a.Slice(), 4)
	g, err := a.Mutex().Lock(background)
	must(t, err)
	must(t, family(t).Delete(background, "fleeting"))
	must(t, g.Unlock())
	if _, err := a.Mutex().Lock(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Lock after Delete: %v", err)
	}
	must(t, arrayIs(openArray[int64](t, "fleeting", 100).Slice(), 0))
	must(t, arrayIs(a.Slice(), 4))
	must(t, arrayIs(never.Slice(), 4)) // which had it open, and asks for the memory only now
	if !slices.Equal(a.Slice(), never.Slice()) {
		t.Error("two handles of one array differ")
	}
	must(t, family(t).Check(background))
}
