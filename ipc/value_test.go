//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
