//go:build linux

package ipc_test

import (
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

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
