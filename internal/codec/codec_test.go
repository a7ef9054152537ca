package codec_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/codec"
)

func TestFingerprint_tellsStructuresApart(t *testing.T) {
	prints := map[[16]byte]string{}
	add := func(c interface {
		Fingerprint() [16]byte
		String() string
	}) {
		t.Helper()
		if other, ok := prints[c.Fingerprint()]; ok {
			t.Errorf("%s has the fingerprint of %s", c, other)
		}
		prints[c.Fingerprint()] = c.String()
	}
	add(of[int](t))
	add(of[int64](t))
	add(of[string](t))
	add(of[[]byte](t))
	add(of[[3]byte](t))
	add(of[[4]byte](t))
	add(of[*int](t))
	add(of[any](t))
	add(of[error](t))
	add(of[struct{}](t))
	add(of[struct{ A int }](t))
	add(of[struct{ B int }](t))
	add(of[struct{ A, B int }](t))
	add(of[struct{ B, A int }](t))
	add(of[struct {
		A int32
		_ int32
		B int
	}](t))
	add(of[struct {
		A int `cbor:"a"`
	}](t))
	add(of[struct {
		S []int `cbor:",omitempty"`
	}](t))
	add(of[struct{ S []int }](t))
	add(of[map[string]int](t))
	add(of[map[int]string](t))
	add(of[[]map[string][]int](t))
	add(of[[]map[string][]uint](t))
	add(of[selfish](t))
	add(of[everything](t))
	add(of[tree](t))
	add(of[list](t))
	add(of[ring](t))
	add(of[codec.Error](t))
}

func TestFingerprint_isTheSameForTheSameStructure(t *testing.T) {
	type p2 struct{ X, Y int32 }
	type list2 struct {
		N    int
		Next *list2
	}
	for _, same := range []bool{
		of[point](t).Fingerprint() == of[p2](t).Fingerprint(),
		of[list](t).Fingerprint() == of[list2](t).Fingerprint(),
		of[name](t).Fingerprint() == of[string](t).Fingerprint(),
	} {
		if !same {
			t.Error("the fingerprints differ")
		}
	}
}

func TestCodec_isSafeForConcurrentUse(t *testing.T) {
	c := of[holder](t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				type local struct{ A, B int }
				v := holder{V: fmt.Errorf("%d", i), L: []any{i, local{i, j}}, M: map[string]any{"x": errors.New("y")}}
				data, err := c.Append(nil, &v)
				if err != nil {
					t.Error(err)
					return
				}
				var got holder
				if err := c.Decode(data, &got); err != nil {
					t.Error(err)
					return
				}
				if want := []any{int64(i), map[string]any{"A": int64(i), "B": int64(j)}}; !reflect.DeepEqual(got.L, want) {
					t.Errorf("got %v, want %v", got.L, want)
				}
			}
		})
	}
	all.Wait()
}

func TestDecode_usesTheMemoryOfABytesAgain(t *testing.T) {
	b := make([]byte, 3, 10)
	first := &b[0]
	if err := of[[]byte](t).Decode([]byte("longer"), &b); err != nil || string(b) != "longer" || &b[0] != first {
		t.Errorf("%v, %q", err, b)
	}
}

func TestDecode_leavesNothingOfTheOldValue(t *testing.T) {
	type part struct {
		P *point
		M map[string]int `cbor:",omitempty"`
	}
	data, err := of[[]part](t).Append(nil, &[]part{{}})
	if err != nil {
		t.Fatal(err)
	}
	old := []part{{P: &point{1, 2}, M: map[string]int{"a": 1}}}
	kept := old[0]
	if err := of[[]part](t).Decode(data, &old); err != nil || old[0].P != nil || old[0].M != nil {
		t.Errorf("%v, %v", err, old)
	}
	if *kept.P != (point{1, 2}) || len(kept.M) != 1 {
		t.Errorf("what the caller kept is now %v", kept)
	}
}

type small struct {
	ID    int
	Name  string
	Tags  []string
	Score float64
}

func TestAppend_allocatesNothingForCopiesStringsAndBytes(t *testing.T) {
	buf := make([]byte, 0, 1024)
	wantNoAllocs(t, buf, [4]point{{1, 2}})
	wantNoAllocs(t, buf, "a string")
	wantNoAllocs(t, buf, name("a named one"))
	wantNoAllocs(t, buf, []byte("bytes"))
	wantNoAllocs(t, buf, blob("named ones"))
}

func TestEncodeIn_andTakeNeedNoMemoryWhereThereIsRoom(t *testing.T) {
	needNone(t, [4]point{{1, 2}})
	needNone(t, []byte("bytes"))
	needNone(t, blob("named ones"))
}

func needNone[T any](t *testing.T, v T) {
	t.Helper()
	c := of[T](t)
	room, there := make([]byte, 0, 1024), make([]byte, 1024)
	got := v
	if c.Takes() {
		must(t, c.Decode(there, &got)) // so that it has memory
	}
	allocs := testing.AllocsPerRun(100, func() {
		x := v
		data, err := c.EncodeIn(room, &x)
		must(t, err)
		back := room[:0]
		if c.Takes() {
			back = c.Room(&got)
		}
		must(t, c.Take(append(back, data...), &got))
	})
	if allocs != 0 || !reflect.DeepEqual(got, v) {
		t.Errorf("%s: %v allocations, and it came back as %v", c, allocs, got)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantNoAllocs[T any](t *testing.T, buf []byte, v T) {
	t.Helper()
	c := of[T](t)
	allocs := testing.AllocsPerRun(100, func() {
		x := v // a variable of its own, as a method that takes a T has it
		data, err := c.Append(buf[:0], &x)
		if err != nil || len(data) == 0 {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%s: %v allocations", c, allocs)
	}
}

func BenchmarkAppend(b *testing.B) {
	bench(b, "fixed", [8]point{})
	bench(b, "string", string(make([]byte, 1024)))
	bench(b, "bytes", make([]byte, 1024))
	bench(b, "struct", small{1, "name", []string{"a", "b"}, 1.5})
	bench(b, "any", any(map[string]any{"id": 1, "name": "name", "tags": []string{"a", "b"}}))
	bench(b, "ints", make([]int, 1000))
}

func bench[T any](b *testing.B, name string, v T) {
	c := of[T](b)
	data, err := c.Append(nil, &v)
	if err != nil {
		b.Fatal(err)
	}
	b.Run(name+"/append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data, _ = c.Append(data[:0], &v)
		}
	})
	b.Run(name+"/decode", func(b *testing.B) {
		b.ReportAllocs()
		var got T
		for b.Loop() {
			if err := c.Decode(data, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
