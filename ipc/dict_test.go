package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func dictSpace(t *testing.T, path string) *ipc.Space {
	t.Helper()
	s, err := ipc.Open(context.Background(), path, ipc.SpaceConfig{MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil {
			t.Error(err)
		}
		_ = s.Close()
	})
	return s
}

func newDict[K comparable, V any](t *testing.T) *ipc.Dict[K, V] {
	t.Helper()
	d, err := ipc.OpenDict[K, V](context.Background(), dictSpace(t, filepath.Join(t.TempDir(), "space")), "d")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDict_isAMap(t *testing.T) {
	ctx := context.Background()
	d := newDict[string, int](t)
	steps := []error{
		d.Set(ctx, "a", 1), d.Create(ctx, "b", 2), d.Set(ctx, "a", 3), d.Delete(ctx, "b"),
		d.Update(ctx, "a", func(old int, exists bool) (int, bool, error) { return old + 1, exists, nil }),
		d.Update(ctx, "c", func(old int, exists bool) (int, bool, error) { return old + 10, !exists, nil }),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	if v, err := d.Get(ctx, "a"); v != 4 || err != nil {
		t.Errorf("a: %d, %v", v, err)
	}
	if _, err := d.Get(ctx, "b"); !errors.Is(err, ipc.ErrNotFound) || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("b: %v", err)
	}
	if err := d.Create(ctx, "a", 1); !errors.Is(err, ipc.ErrExists) {
		t.Errorf("create what is there: %v", err)
	}
	if done, err := d.CompareAndSwap(ctx, "a", 3, 5); done || err != nil {
		t.Errorf("swap another value: %v, %v", done, err)
	}
	if done, err := d.CompareAndSwap(ctx, "a", 4, 5); !done || err != nil {
		t.Errorf("swap: %v, %v", done, err)
	}
	sum := 0
	for e, err := range d.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		sum += e.Value
	}
	if n, err := d.Len(ctx); n != 2 || sum != 15 || err != nil {
		t.Errorf("Len %d, sum %d, %v", n, sum, err)
	}
	if v, err := d.Pop(ctx, "c"); v != 10 || err != nil {
		t.Errorf("c: %d, %v", v, err)
	}
	if err := d.Update(ctx, "a", func(int, bool) (int, bool, error) { return 0, false, nil }); err != nil {
		t.Error(err)
	}
	if n, err := d.Len(ctx); n != 0 || err != nil {
		t.Errorf("Len %d, %v", n, err)
	}
}

func TestDict_equalKeysAreOne(t *testing.T) {
	ctx := context.Background()
	d := newDict[float64, string](t)
	for _, k := range []float64{0, math.Copysign(0, -1), math.NaN(), -math.NaN()} {
		if err := d.Set(ctx, k, fmt.Sprint(k)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.Len(ctx); n != 2 || err != nil {
		t.Errorf("Len %d, %v", n, err)
	}
	mixed := newDict[any, any](t)
	if err := mixed.Set(ctx, []int{1}, 1); !errors.Is(err, ipc.ErrType) {
		t.Errorf("a slice as a key: %v", err)
	}
	for _, k := range []any{"1", 1, true, nil, [2]int{1, 2}, 1.5} {
		if err := mixed.Set(ctx, k, k); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := mixed.Len(ctx); n != 6 || err != nil {
		t.Errorf("Len %d, %v", n, err)
	}
}

func TestDict_hasKeysAndValuesOfAnySize(t *testing.T) {
	ctx := context.Background()
	d := newDict[string, []byte](t)
	for _, keySize := range []int{0, 1, 255, 256, 257, 1 << 20} {
		for _, size := range []int{0, 1, 256, 16 << 10, 5 << 20, 3} {
			k, v := strings.Repeat("k", keySize), bytes.Repeat([]byte{byte(size)}, size)
			if err := d.Set(ctx, k, v); err != nil {
				t.Fatal(err)
			}
			if got, err := d.Get(ctx, k); !bytes.Equal(got, v) || err != nil {
				t.Fatalf("%d bytes under a key of %d, %v; want %d", len(got), keySize, err, size)
			}
		}
	}
}

func TestDict_panicOfUpdateChangesNothing(t *testing.T) {
	ctx := context.Background()
	d := newDict[int, int](t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic has ended in Update")
			}
		}()
		_ = d.Update(ctx, 1, func(int, bool) (int, bool, error) { panic("no") })
	}()
	wrong := errors.New("wrong")
	if err := d.Update(ctx, 1, func(int, bool) (int, bool, error) { return 1, true, wrong }); err != wrong {
		t.Error(err)
	}
	if err := d.Create(ctx, 1, 1); err != nil {
		t.Error(err)
	}
}

func TestDict_canHoldHandles(t *testing.T) {
	ctx := context.Background()
	s := dictSpace(t, filepath.Join(t.TempDir(), "space"))
	d, err := ipc.OpenDict[string, *ipc.Queue[int]](ctx, s, "queues")
	if err != nil {
		t.Fatal(err)
	}
	q, err := ipc.OpenQueue[int](ctx, s, "q", ipc.QueueConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Set(ctx, "q", q), q.Put(ctx, 7)); err != nil {
		t.Fatal(err)
	}
	same, err := d.Get(ctx, "q")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := same.Get(ctx); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	if err := s.Delete(ctx, "q"); err != nil {
		t.Fatal(err)
	}
	err = d.Update(ctx, "q", func(*ipc.Queue[int], bool) (*ipc.Queue[int], bool, error) {
		t.Error("a value whose queue is gone is updated as if there were none")
		return nil, false, nil
	})
	if err == nil {
		t.Error("a value whose queue is gone can be updated")
	}
}

// writeDict changes a dict for ever: each value is one byte, repeated.
func writeDict(ctx context.Context, d *ipc.Dict[int, []byte], rounds int) error {
	for i := range rounds {
		k := i * 7919 % 300
		size := i % 40
		if i%11 == 0 {
			size = 300 + i%3000
		}
		var err error
		switch i % 5 {
		case 0, 1, 2:
			err = d.Set(ctx, k, bytes.Repeat([]byte{byte(i)}, size))
		case 3:
			if err = d.Delete(ctx, k); errors.Is(err, ipc.ErrNotFound) {
				err = nil
			}
		case 4:
			err = d.Update(ctx, -1, func(old []byte, _ bool) ([]byte, bool, error) {
				return bytes.Repeat([]byte{byte(i)}, (len(old)+1)%500), true, nil
			})
		}
		if err == nil && i%1000 == 999 {
			err = d.Clear(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkDict looks whether a dict is whole.
func checkDict(t *testing.T, s *ipc.Space, d *ipc.Dict[int, []byte]) {
	t.Helper()
	for e, err := range d.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Value) > 0 && !bytes.Equal(e.Value, bytes.Repeat(e.Value[:1], len(e.Value))) {
			t.Fatalf("the value of %d is a mixture", e.Key)
		}
	}
	if err := s.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

const dictWriter = "MULTIPROC_TEST_DICT"

// TestDict_writer is what the processes do that the next test kills, and by itself the
// same for a while.
func TestDict_writer(t *testing.T) {
	path, rounds := os.Getenv(dictWriter), math.MaxInt
	if path == "" {
		path, rounds = filepath.Join(t.TempDir(), "space"), 5000
	}
	s := dictSpace(t, path)
	d, err := ipc.OpenDict[int, []byte](context.Background(), s, "d")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeDict(context.Background(), d, rounds); err != nil {
		t.Fatal(err)
	}
	checkDict(t, s, d)
}

func TestDict_outlivesThoseWhoAreKilledInIt(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "space")
	s := dictSpace(t, path)
	d, err := ipc.OpenDict[int, []byte](ctx, s, "d")
	if err != nil {
		t.Fatal(err)
	}
	for round := range 15 {
		var writers [2]*exec.Cmd
		for i := range writers {
			writers[i] = exec.Command(os.Args[0], "-test.run=^TestDict_writer$", "-test.timeout=2m")
			writers[i].Env = append(os.Environ(), dictWriter+"="+path)
			if err := writers[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		last, _ := d.Get(ctx, -1)
		for changes := 0; changes < 20*round; { // they are at work
			if now, err := d.Get(ctx, -1); err == nil && !bytes.Equal(now, last) {
				last = now
				changes++
			}
		}
		for _, w := range writers {
			if err := w.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = w.Wait()
		}
		if err := writeDict(ctx, d, 200); err != nil {
			t.Fatal(err)
		}
		checkDict(t, s, d)
	}
}

func TestDict_tellsTypesApart(t *testing.T) {
	ctx := context.Background()
	s := dictSpace(t, filepath.Join(t.TempDir(), "space"))
	if _, err := ipc.OpenDict[string, int](ctx, s, "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := ipc.OpenDict[string, string](ctx, s, "d"); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("another type of values: %v", err)
	}
	if _, err := ipc.OpenDict[int, int](ctx, s, "d"); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("another type of keys: %v", err)
	}
	if _, err := ipc.OpenDict[string, func()](ctx, s, "e"); !errors.Is(err, ipc.ErrType) {
		t.Errorf("functions: %v", err)
	}
}
