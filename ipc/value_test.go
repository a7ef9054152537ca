//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func openValue[T any](t testing.TB, name string) *ipc.Value[T] {
	t.Helper()
	v, err := ipc.OpenValue[T](background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, v.Name()) })
	return v
}

type sample struct {
	Name string
	Tags map[string][]int
	Any  any
	Next *sample
}

func TestValue_holdsWhatCrossesProcesses(t *testing.T) {
	holds(t, 42)
	holds(t, math.Inf(-1))
	holds(t, "text\xff")
	holds(t, []byte{1, 2, 3})
	holds(t, [3]bool{true, false, true})
	holds(t, struct{}{})
	holds[any](t, []any{int64(1), "two"})
	holds(t, &sample{"one", map[string][]int{"a": {1, 2}}, 3.5, &sample{Name: "two"}})
}

func holds[T any](t *testing.T, x T) {
	t.Helper()
	v := openValue[T](t, "")
	var zero T
	if got, err := v.Load(background); !reflect.DeepEqual(got, zero) || err != nil {
		t.Errorf("a new value is %v (%v)", got, err)
	}
	must(t, v.Store(background, x))
	if got, err := v.Load(background); !reflect.DeepEqual(got, x) || err != nil {
		t.Errorf("%v came back as %v (%v)", x, got, err)
	}
	must(t, v.Store(background, zero))
	if got, err := v.Load(background); !reflect.DeepEqual(got, zero) || err != nil {
		t.Errorf("%v came back as %v (%v)", zero, got, err)
	}
}

func TestValue_loadReturnsACopy(t *testing.T) {
	v := openValue[map[string]int](t, "")
	must(t, v.Store(background, map[string]int{"a": 1}))
	one, err := v.Load(background)
	must(t, err)
	one["a"] = 2
	if two, err := v.Load(background); two["a"] != 1 || err != nil {
		t.Errorf("changing what was loaded changed the value: %v (%v)", two, err)
	}
}

func TestValue_holdsFromNoByteToOneMiB(t *testing.T) {
	v := openValue[[]byte](t, "")
	const most = 1<<20 - 8
	for _, size := range []int{0, 1, 119, 120, 121, 4096, 65_536, 700_000, most} {
		want := bytes.Repeat([]byte{byte(size % 251)}, size)
		must(t, v.Store(background, want))
		if got, err := v.Load(background); !bytes.Equal(got, want) || err != nil {
			t.Errorf("%d bytes came back as %d (%v)", size, len(got), err)
		}
	}
}

func TestValue_tooLargeIsAnErrorThatNamesTheSize(t *testing.T) {
	v := openValue[[]byte](t, "")
	must(t, v.Store(background, []byte("old")))
	err := v.Store(background, make([]byte, 300<<20))
	if !errors.Is(err, ipc.ErrTooLarge) || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("300 MiB: %v", err)
	}
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	small, err := ipc.OpenValue[[]byte](background, s, "v")
	must(t, err)
	err = small.Store(background, make([]byte, 2<<20))
	if !errors.Is(err, ipc.ErrTooLarge) && !errors.Is(err, ipc.ErrNoSpace) || !strings.Contains(err.Error(), "2097152 bytes") {
		t.Errorf("2 MiB in a space of 1: %v", err)
	}
	if old, err := v.Load(background); string(old) != "old" || err != nil {
		t.Errorf("the value is %q (%v)", old, err)
	}
}

func TestValue_aFullSpaceSaysSoAndMemoryComesBack(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	big := bytes.Repeat([]byte("x"), 20_000)
	var values []*ipc.Value[[]byte]
	for {
		v, err := ipc.OpenValue[[]byte](background, s, "")
		must(t, err)
		err = v.Store(background, big)
		if errors.Is(err, ipc.ErrNoSpace) {
			if !strings.Contains(err.Error(), "20000 bytes") {
				t.Errorf("the size is not named: %v", err)
			}
			break
		}
		must(t, err)
		values = append(values, v)
	}
	if len(values) < 10 {
		t.Errorf("only %d values of 20,000 bytes in 1 MiB", len(values))
	}
	for _, v := range values {
		if data, err := v.Load(background); !bytes.Equal(data, big) || err != nil {
			t.Fatalf("%d bytes (%v)", len(data), err)
		}
	}
	for _, v := range values {
		must(t, s.Delete(background, v.Name()))
	}
	until(t, "the blocks are free", func() bool {
		runtime.GC()
		v, err := ipc.OpenValue[[]byte](background, s, "again")
		must(t, err)
		return v.Store(background, big) == nil
	})
	must(t, s.Check(background))
}

func TestValue_deletedGivesItsMemoryBack(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	for range 100 { // five times what there is
		v, err := ipc.OpenValue[[]byte](background, s, "")
		must(t, err)
		until(t, "there is room", func() bool {
			err := v.Store(background, make([]byte, 30_000))
			if errors.Is(err, ipc.ErrNoSpace) {
				runtime.GC() // handles that nobody has any more keep what is deleted
				return false
			}
			must(t, err)
			return true
		})
		must(t, s.Delete(background, v.Name()))
	}
	must(t, s.Check(background))
}

func TestValue_memoryDoesNotGrowWithStores(t *testing.T) {
	v := openValue[[]byte](t, "")
	most := int64(0)
	for i := range 100_000 {
		must(t, v.Store(background, make([]byte, i*7919%3000)))
		if i%1000 == 0 {
			stats, err := family(t).Stats(background)
			must(t, err)
			if i == 10_000 {
				most = stats.Used
			}
			if i > 10_000 && stats.Used > most {
				t.Fatalf("after %d stores %d bytes are in use, %d after 10,000", i, stats.Used, most)
			}
		}
	}
	must(t, family(t).Check(background))
}

func TestOpenValue_refusesTypesByFieldPath(t *testing.T) {
	type job struct {
		Name string
		Done chan int
	}
	_, err := ipc.OpenValue[map[string]job](background, family(t), "refused")
	if !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "[string].Done: chan cannot be") {
		t.Errorf("got %v", err)
	}
	v := openValue[any](t, "")
	if err := v.Store(background, func() {}); !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "func()") && !strings.Contains(err.Error(), "func cannot") {
		t.Errorf("a function in an any: %v", err)
	}
}

func TestOpenValue_namesBothTypesWhereTheyDiffer(t *testing.T) {
	openValue[map[string]sample](t, "typed")
	_, err := ipc.OpenValue[[]int](background, family(t), "typed")
	if !errors.Is(err, ipc.ErrMismatch) || !strings.Contains(err.Error(), "its element type is map[string]ipc_test.sample, not []int") {
		t.Errorf("got %v", err)
	}
	if _, err := ipc.OpenMutex(background, family(t), "typed"); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("as a mutex: %v", err)
	}
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, o := range stats.Objects {
		if o.Name == "typed" && (o.Kind != "value" || o.Type != "map[string]ipc_test.sample" || o.Bytes == 0) {
			t.Errorf("Stats has %+v", o)
		}
	}
}

func TestUpdate_changesNothingWhereItsFunctionFailsOrPanics(t *testing.T) {
	v := openValue[int](t, "")
	must(t, v.Store(background, 7))
	why := errors.New("why")
	if err := v.Update(background, func(int) (int, error) { return 8, why }); err != why {
		t.Errorf("got %v, want the function's error", err)
	}
	func() {
		defer func() {
			if p := recover(); p != "oh" {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = v.Update(background, func(int) (int, error) { panic("oh") })
	}()
	must(t, v.Update(background, func(old int) (int, error) { // which may use the value itself
		now, err := v.Load(background)
		if now != old {
			t.Errorf("the function gets %d, the value is %d", old, now)
		}
		return old + 1, err
	}))
	if got, err := v.Load(background); got != 8 || err != nil {
		t.Errorf("the value is %d (%v)", got, err)
	}
}

func TestUpdate_beginsAnewWhereOthersWereFirstUntilItsContextEnds(t *testing.T) {
	v := openValue[int](t, "")
	calls := 0
	must(t, v.Update(background, func(old int) (int, error) {
		if calls++; calls == 1 {
			must(t, v.Store(background, 10))
		}
		return old + 1, nil
	}))
	if got, err := v.Load(background); got != 11 || calls != 2 || err != nil {
		t.Errorf("the value is %d after %d calls (%v)", got, calls, err)
	}
	ctx, cancel := context.WithCancelCause(background)
	why := errors.New("why")
	err := v.Update(ctx, func(old int) (int, error) {
		cancel(why)
		must(t, v.Store(background, old+1))
		return old + 100, nil
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if got, err := v.Load(background); got != 12 || err != nil {
		t.Errorf("the value is %d (%v)", got, err)
	}
}

func TestValue_manyGoroutinesReadAtOnce(t *testing.T) {
	v := openValue[[]byte](t, "")
	must(t, v.Store(background, filled(0)))
	var readers, writer sync.WaitGroup
	end := make(chan struct{})
	writer.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-end:
				return
			default:
				if err := v.Store(background, filled(i)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 64 {
		readers.Go(func() {
			for range 300 {
				data, err := v.Load(background)
				if err == nil {
					err = isFilled(data)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	readers.Wait()
	close(end)
	writer.Wait()
	must(t, family(t).Check(background))
}

// The plain variable is what the race detector looks at.
func TestValue_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	v := openValue[bool](t, "")
	said := ""
	go func() {
		said = "it"
		if err := v.Store(background, true); err != nil {
			t.Error(err)
		}
	}()
	until(t, "it is said", func() bool {
		is, err := v.Load(background)
		must(t, err)
		return is
	})
	if said != "it" {
		t.Error("what came before Store is not seen after Load")
	}
}

func TestValue_holdsHandles(t *testing.T) {
	type locks struct{ Locks map[string]*ipc.Mutex }
	m := openMutex(t, "held in a value")
	v := openValue[locks](t, "handles")
	must(t, v.Store(background, locks{map[string]*ipc.Mutex{"one": m, "none": nil}}))
	got, err := v.Load(background)
	must(t, err)
	g, err := got.Locks["one"].Lock(background)
	must(t, err)
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("the handle that came back is another lock's: %v", err)
	}
	must(t, g.Unlock())
	must(t, family(t).Delete(background, m.Name()))
	if _, err := v.Load(background); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("where the lock is gone: %v", err)
	}
}

func TestValue_refusesTheFamilysHandlesInASpaceOpenedByName(t *testing.T) {
	type job struct {
		Locks []any
		Guard *ipc.Mutex
	}
	s := openSpace(t, filepath.Join(t.TempDir(), "named"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	v, err := ipc.OpenValue[map[string]job](background, s, "v")
	must(t, err)
	ours := openMutex(t, "")
	for _, c := range []struct {
		job  job
		path string
	}{
		{job{Guard: ours}, ".Guard"},
		{job{Locks: []any{1, ours}}, ".Locks[1]"},
	} {
		err := v.Store(background, map[string]job{"a": c.job})
		if !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), c.path+": a handle of the family's space") {
			t.Errorf("got %v, want ErrType at %s", err, c.path)
		}
		err = v.Update(background, func(map[string]job) (map[string]job, error) { return map[string]job{"a": c.job}, nil })
		if !errors.Is(err, ipc.ErrType) {
			t.Errorf("Update: %v", err)
		}
	}
	theirs, err := ipc.OpenMutex(background, s, "m")
	must(t, err)
	must(t, v.Store(background, map[string]job{"a": {Guard: theirs}}))
	data, err := v.MarshalBinary()
	must(t, err)
	var received ipc.Value[map[string]job]
	must(t, received.UnmarshalBinary(data))
	if err := received.Store(background, map[string]job{"a": {Guard: ours}}); !errors.Is(err, ipc.ErrType) {
		t.Errorf("through a handle that was received: %v", err)
	}
	jobs, err := received.Load(background)
	must(t, err)
	if jobs["a"].Guard.Name() != "m" {
		t.Errorf("%+v", jobs)
	}
	if err := new(ipc.Value[int]).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("received as another type: %v", err)
	}
}

func TestValue_endsInErrClosed(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "closed"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	deleted, err := ipc.OpenValue[int](background, s, "deleted")
	must(t, err)
	must(t, deleted.Store(background, 1))
	must(t, s.Delete(background, "deleted"))
	closed, err := ipc.OpenValue[int](background, s, "deleted")
	must(t, err)
	if v, err := closed.Load(background); v != 0 || err != nil {
		t.Errorf("a new value of the same name is %d (%v)", v, err)
	}
	ended := func(what string, v *ipc.Value[int]) {
		if _, err := v.Load(background); !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("Load of what is %s: %v", what, err)
		}
		if err := v.Store(background, 1); !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("Store of what is %s: %v", what, err)
		}
		if err := v.Update(background, func(int) (int, error) { return 1, nil }); !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("Update of what is %s: %v", what, err)
		}
	}
	ended("deleted", deleted)
	must(t, s.Close())
	ended("closed", closed)
}

func TestValue_closedWhileItIsUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "closed")
	stays := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	v, err := ipc.OpenValue[[]byte](background, stays, "v")
	must(t, err)
	must(t, v.Store(background, filled(1)))
	for range 20 {
		s := openSpace(t, path, ipc.SpaceConfig{})
		used, err := ipc.OpenValue[[]byte](background, s, "v")
		must(t, err)
		var all, begun sync.WaitGroup
		for i := range 4 {
			begun.Add(1)
			all.Go(func() {
				for n := 0; ; n++ {
					var err error
					if i == 0 {
						err = used.Store(background, filled(n))
					} else {
						var data []byte
						if data, err = used.Load(background); err == nil {
							err = isFilled(data)
						}
					}
					if n == 0 {
						begun.Done()
					}
					if err != nil {
						if !errors.Is(err, ipc.ErrClosed) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		begun.Wait()
		must(t, s.Close())
		all.Wait()
		data, err := v.Load(background)
		must(t, err)
		must(t, isFilled(data))
	}
	must(t, stays.Check(background))
}

// filled is n as a value of up to 20,000 bytes, each of which tells n.
func filled(n int) []byte {
	return bytes.Repeat([]byte{byte(n)}, 1+n*7919%20_000&^255+n%256)
}

func isFilled(data []byte) error {
	if n := len(data) - 1; n < 0 || n%256 != int(data[0]) || bytes.Count(data, data[:1]) != len(data) {
		return fmt.Errorf("a mixture, in process %d: %d bytes, %.20v...", os.Getpid(), len(data), data)
	}
	return nil
}
