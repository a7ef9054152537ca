package conformance

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var dictTests = tests{
	"a dict is what a map is":                                  dictModel,
	"updates of a dict are exact":                              dictUpdates,
	"a dict's length is that of one moment":                    dictLen,
	"a scan meets what is there throughout, and meets it once": dictScan,
	"a dict is cleared in one step":                            dictClear,
	"what a dict had comes back":                               dictMemory,
	"a closed or deleted dict is ErrClosed":                    dictClosed,
}

func dict(t *testing.T, s driver.Space, name string) driver.Dict {
	t.Helper()
	d, err := s.OpenDict(background, named(name), bytesType)
	must(t, err)
	return d
}

// entriesOf are a dict's.
func entriesOf(t *testing.T, d driver.Dict) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for cursor := uint64(0); ; {
		some, next, err := d.Scan(background, cursor)
		must(t, err)
		for _, one := range some {
			if _, twice := all[string(one.Key)]; twice {
				t.Fatalf("key %q twice", one.Key)
			}
			if one.Large {
				r, err := d.Get(background, one.Key)
				must(t, err)
				one.Value = bytes.Clone(r.Bytes)
				d.Done(r)
			}
			all[string(one.Key)] = string(one.Value)
		}
		if cursor = next; cursor == 0 {
			return all
		}
	}
}

func dictModel(t *testing.T, attach func() driver.Space) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	handles := []driver.Dict{dict(t, attach(), "d"), dict(t, attach(), "d")}
	model := make(map[string]string)
	for i := range 1500 {
		d := handles[rng.IntN(len(handles))]
		key := []byte(fmt.Sprint("key ", rng.IntN(200)))
		if rng.IntN(40) == 0 {
			key = bytes.Repeat(key, 100)
		}
		size := rng.IntN(40)
		if rng.IntN(10) == 0 {
			size = rng.IntN(3000)
		}
		value := bytes.Repeat([]byte{byte(i)}, size)
		have, exists := model[string(key)]
		switch rng.IntN(9) {
		case 0, 1, 2:
			must(t, d.Set(background, key, value))
			model[string(key)] = string(value)
		case 3:
			if err := d.Create(background, key, value); exists {
				is(t, err, driver.ErrExists)
			} else {
				must(t, err)
				model[string(key)] = string(value)
			}
		case 4:
			if err := d.Delete(background, key); exists {
				must(t, err)
			} else {
				is(t, err, driver.ErrNotFound)
			}
			delete(model, string(key))
		case 5, 6:
			r, err := d.Get(background, key)
			if !exists {
				is(t, err, driver.ErrNotFound)
				done, err := d.Swap(background, key, 0, value)
				if !done || err != nil {
					t.Fatalf("what is not there cannot be created: %v, %v", done, err)
				}
				model[string(key)] = string(value)
				break
			}
			must(t, err)
			if string(r.Bytes) != have {
				t.Fatalf("%d bytes, want %d", len(r.Bytes), len(have))
			}
			d.Done(r)
			for _, want := range []bool{true, false} { // the second time it is another version
				done, err := d.Swap(background, key, r.Version, value)
				if done != want || err != nil {
					t.Fatalf("Swap: %v, %v, want %v", done, err, want)
				}
			}
			if done, err := d.Drop(background, key, r.Version); done || err != nil {
				t.Fatalf("Drop of an old version: %v, %v", done, err)
			}
			model[string(key)] = string(value)
		case 7:
			got, err := d.Pop(background, key, []byte("buf"))
			if !exists {
				is(t, err, driver.ErrNotFound)
				break
			}
			must(t, err)
			if string(got) != "buf"+have {
				t.Fatalf("%d bytes, want %d more", len(got), len(have))
			}
			delete(model, string(key))
		case 8:
			if rng.IntN(30) == 0 {
				must(t, d.Clear(background))
				clear(model)
			}
		}
		if i%100 == 99 {
			n, err := d.Len(background)
			must(t, err)
			all := entriesOf(t, d)
			if n != len(model) || len(all) != len(model) {
				t.Fatalf("Len %d, entries %d, want %d", n, len(all), len(model))
			}
			for key, value := range model {
				if all[key] != value {
					t.Fatalf("key %q has another value", key)
				}
			}
		}
	}
}

func dictUpdates(t *testing.T, attach func() driver.Space) {
	const processes, goroutines, times = 3, 2, 150
	var all sync.WaitGroup
	for range processes {
		s := attach()
		for range goroutines {
			d := dict(t, s, "d")
			all.Go(func() {
				for i := range times {
					if err := addOne(d, []byte{byte(i % 2)}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	sum := uint64(0)
	for _, value := range entriesOf(t, dict(t, attach(), "d")) {
		sum += binary.LittleEndian.Uint64([]byte(value))
	}
	if sum != processes*goroutines*times {
		t.Errorf("the sum is %d", sum)
	}
}

func addOne(d driver.Dict, key []byte) error {
	for {
		r, err := d.Get(background, key)
		n := uint64(0)
		switch {
		case err == nil:
			n = binary.LittleEndian.Uint64(r.Bytes)
			d.Done(r)
		case !errors.Is(err, driver.ErrNotFound):
			return err
		}
		done, err := d.Swap(background, key, r.Version, binary.LittleEndian.AppendUint64(nil, n+1))
		if done || err != nil {
			return err
		}
	}
}

// dictLen has one key come before another goes: there are one or two at each moment.
func dictLen(t *testing.T, attach func() driver.Space) {
	d := dict(t, attach(), "d")
	keys := [][]byte{[]byte("a"), []byte("b")}
	must(t, d.Create(background, keys[0], nil))
	var ended atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		defer ended.Store(true)
		for i := range 300 {
			if err := d.Create(background, keys[(i+1)%2], nil); err != nil {
				t.Error(err)
				return
			}
			if err := d.Delete(background, keys[i%2]); err != nil {
				t.Error(err)
				return
			}
		}
	})
	other := dict(t, attach(), "d")
	for !ended.Load() {
		if n, err := other.Len(background); n < 1 || n > 2 || err != nil {
			t.Errorf("Len: %d, %v", n, err)
			break
		}
	}
	all.Wait()
}

func dictScan(t *testing.T, attach func() driver.Space) {
	d := dict(t, attach(), "d")
	const stay = 200
	for i := range stay {
		must(t, d.Set(background, fmt.Append(nil, "stays ", i), nil))
	}
	var ended atomic.Bool
	var all sync.WaitGroup
	other := dict(t, attach(), "d")
	all.Go(func() {
		for i := 0; !ended.Load(); i++ {
			if err := other.Set(background, fmt.Append(nil, "comes ", i%3000), nil); err != nil {
				t.Error(err)
				return
			}
			if i%3 == 0 {
				_ = other.Delete(background, fmt.Append(nil, "comes ", i%3000))
			}
		}
	})
	for range 5 {
		n := 0
		for key := range entriesOf(t, d) {
			if bytes.HasPrefix([]byte(key), []byte("stays ")) {
				n++
			}
		}
		if n != stay {
			t.Errorf("%d were met of %d", n, stay)
		}
	}
	ended.Store(true)
	all.Wait()
}

func dictClear(t *testing.T, attach func() driver.Space) {
	d, other := dict(t, attach(), "d"), dict(t, attach(), "d")
	for round := range 5 {
		for i := range 300 {
			must(t, d.Set(background, fmt.Append(nil, i), bytes.Repeat([]byte{1}, i*round)))
		}
		must(t, other.Clear(background))
		if n, err := d.Len(background); n != 0 || err != nil {
			t.Errorf("Len: %d, %v", n, err)
		}
		if all := entriesOf(t, d); len(all) != 0 {
			t.Errorf("%d entries are left", len(all))
		}
		_, err := d.Get(background, []byte("7"))
		is(t, err, driver.ErrNotFound)
	}
}

// dictMemory fills and empties a dict as often as would fill the space many times.
func dictMemory(t *testing.T, attach func() driver.Space) {
	s := attach()
	d := dict(t, s, "d")
	for round := range 20 {
		for i := range 60 {
			must(t, d.Set(background, fmt.Append(nil, i), bytes.Repeat([]byte{byte(i)}, 20_000)))
		}
		if round%2 == 0 {
			must(t, d.Clear(background))
			continue
		}
		for i := range 60 {
			must(t, d.Delete(background, fmt.Append(nil, i)))
		}
	}
}

func dictClosed(t *testing.T, attach func() driver.Space) {
	s, other := attach(), attach()
	d, deleted := dict(t, s, "d"), dict(t, other, "e")
	must(t, deleted.Set(background, []byte("k"), make([]byte, 1000)))
	must(t, other.Delete(background, "e"))
	must(t, s.Close())
	for _, d := range []driver.Dict{d, deleted} {
		_, err := d.Get(background, nil)
		is(t, err, driver.ErrClosed)
		is(t, d.Set(background, nil, nil), driver.ErrClosed)
		is(t, d.Set(background, nil, make([]byte, 1000)), driver.ErrClosed)
		is(t, d.Delete(background, nil), driver.ErrClosed)
		is(t, d.Clear(background), driver.ErrClosed)
		_, err = d.Len(background)
		is(t, err, driver.ErrClosed)
		_, _, err = d.Scan(background, 0)
		is(t, err, driver.ErrClosed)
	}
}
