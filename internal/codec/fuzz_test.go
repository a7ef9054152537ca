package codec_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/codec"
)

// FuzzDecode holds that damaged data is an error or another value, never a
// panic, and that what was decoded can be sent on.
func FuzzDecode(f *testing.F) {
	seed(f, 0, everything{S: "x", List: []int16{1}, Map: map[string]float64{"a": 1}, T: time.Unix(1, 2)})
	seed(f, 1, tree{Label: "a", Kids: []tree{{Label: "b"}}, Named: map[string]tree{"c": {}}})
	seed(f, 2, holder{V: errors.Join(io.EOF, io.ErrNoProgress), M: map[string]any{"t": time.Unix(3, 4)}, K: map[any]int{1: 2, "x": 3}, L: []any{nil, 1.5}})
	seed(f, 3, []error{io.EOF, nil})
	seed(f, 4, *codec.NewError(io.EOF))
	seed(f, 5, point{1, 2})
	seed(f, 6, map[color]bool{1: true})
	seed(f, 7, [3]bool{true})
	seed(f, 8, listed{A: "a"})
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		switch kind % 9 {
		case 0:
			decodeDamaged[everything](t, data)
		case 1:
			decodeDamaged[tree](t, data)
		case 2:
			decodeDamaged[holder](t, data)
		case 3:
			decodeDamaged[[]error](t, data)
		case 4:
			decodeDamaged[codec.Error](t, data)
		case 5:
			decodeDamaged[point](t, data)
		case 6:
			decodeDamaged[map[color]bool](t, data)
		case 7:
			decodeDamaged[[3]bool](t, data)
		case 8:
			decodeDamaged[listed](t, data)
		}
	})
}

// seed adds v's encoding, each of its beginnings, and each with a byte changed.
func seed[T any](f *testing.F, kind byte, v T) {
	data, err := of[T](f).Append(nil, &v)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kind, data)
	f.Add(kind, append(bytes.Clone(data), 0))
	for i := range data {
		f.Add(kind, data[:i])
		for _, bit := range []byte{1, 0x20, 0x80, 0xff} {
			damaged := bytes.Clone(data)
			damaged[i] ^= bit
			f.Add(kind, damaged)
		}
	}
}

func decodeDamaged[T any](t *testing.T, data []byte) {
	c := of[T](t)
	var v, zero T
	if err := c.Decode(data, &v); err != nil {
		if !reflect.DeepEqual(v, zero) {
			t.Errorf("after %v the value is %v", err, v)
		}
		return
	}
	again, err := c.Append(nil, &v)
	if err != nil {
		t.Fatalf("cannot send on what came: %v", err)
	}
	var second T
	if err := c.Decode(again, &second); err != nil {
		t.Fatalf("cannot read what was sent on: %v", err)
	}
	if third, err := c.Append(nil, &second); err != nil || !bytes.Equal(third, again) {
		t.Errorf("%v: sent on it changed\nfrom %x\nto   %x", err, again, third)
	}
}

func TestDecode_refusesDamagedData(t *testing.T) {
	var p point
	p.X = 7
	if err := of[point](t).Decode(make([]byte, 7), &p); err == nil || p != (point{}) {
		t.Errorf("got %v, %v", err, p)
	}
	var b [2]bool
	if err := of[[2]bool](t).Decode([]byte{1, 2}, &b); err == nil {
		t.Errorf("a bool of 2 was taken")
	}
	m := map[string]int{"old": 1}
	if err := of[map[string]int](t).Decode([]byte{0xa1, 0x61, 'a', 0x61, 'b'}, &m); err == nil || m != nil {
		t.Errorf("got %v, %v", err, m)
	}
	unknown, err := of[struct{ A, B string }](t).Append(nil, &struct{ A, B string }{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	var a struct{ A string }
	if err := of[struct{ A string }](t).Decode(unknown, &a); err == nil {
		t.Error("a field that is not there was taken")
	}
	if err := of[any](t).Decode(bytes.Repeat([]byte{0x81}, 1<<20), new(any)); err == nil {
		t.Error("a million levels were taken")
	}
}
