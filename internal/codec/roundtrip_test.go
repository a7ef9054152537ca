package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/codec"
)

func of[T any](t testing.TB) *codec.Codec[T] {
	t.Helper()
	c, err := codec.Of[T]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cross sends v there and back.
func cross[T any](t testing.TB, v T) T {
	t.Helper()
	c := of[T](t)
	data, err := c.Append([]byte("before"), &v)
	if err != nil {
		t.Fatal(err)
	}
	data, found := bytes.CutPrefix(data, []byte("before"))
	if !found {
		t.Fatalf("Append changed what was in dst")
	}
	var got T
	if err := c.Decode(data, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func same[T any](v T) func(*testing.T) {
	return func(t *testing.T) {
		if got := cross(t, v); !reflect.DeepEqual(got, v) {
			t.Errorf("got %#v, want %#v", got, v)
		}
	}
}

// becomes is same for values in an any, whose types are not kept.
func becomes(v, want any) func(*testing.T) {
	return func(t *testing.T) {
		if got := cross(t, v); !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v, want %#v", got, want)
		}
		if got := cross(t, map[string][]any{"x": {v}}); !reflect.DeepEqual(got["x"][0], want) {
			t.Errorf("within: got %#v, want %#v", got, want)
		}
	}
}

func ptr[T any](v T) *T { return &v }

type (
	point struct{ X, Y int32 }
	name  string
	blob  []byte
	color uint8

	everything struct {
		B    bool
		I    int
		I8   int8
		I64  int64
		U    uint
		U64  uint64
		F32  float32
		F64  float64
		S    string
		N    name
		Raw  []byte
		Blob blob
		Arr  [3]byte
		Strs [2]string
		List []int16
		Bits []bool
		Map  map[string]float64
		Deep map[point][]map[int]string
		P    *point
		PP   *string
		T    time.Time
		D    time.Duration
		Big  *big.Int
		BigV big.Int
		Addr netip.Addr
		None struct{}
	}

	tree struct {
		Label       string
		Left, Right *tree
		Kids        []tree
		Named       map[string]tree
	}

	base   struct{ ID int }
	hidden struct{ Inside string }
	embeds struct {
		base
		*Pointed
		hidden
		Own string
	}
	Pointed struct{ Far string }

	tagged struct {
		A string `cbor:"a"`
		B int    `json:"bee"`
		C string `cbor:"3,keyasint"`
		D []int  `cbor:",omitempty"`
		E func() `cbor:"-"`
	}
	listed struct {
		_    struct{} `cbor:",toarray"`
		A, B string
	}
	selfish struct{ secret string }
)

func (s selfish) MarshalBinary() ([]byte, error) { return []byte("<" + s.secret + ">"), nil }
func (s *selfish) UnmarshalBinary(b []byte) error {
	if len(b) < 2 {
		return errors.New("selfish: short")
	}
	s.secret = string(b[1 : len(b)-1])
	return nil
}

var berlin = time.FixedZone("", 2*3600)

func TestCodec_bringsBackWhatWasSent(t *testing.T) {
	full := everything{
		B: true, I: -1, I8: -128, I64: math.MinInt64, U: 7, U64: math.MaxUint64, F32: 0.1, F64: math.Inf(-1),
		S: "bad \xff utf8 \x00", N: "n", Raw: []byte{}, Blob: blob("x"), Arr: [3]byte{1, 2, 3}, Strs: [2]string{"", "b"},
		List: []int16{1, -2}, Bits: []bool{true, false}, Map: map[string]float64{"\xff": 1, "": math.Copysign(0, -1)},
		Deep: map[point][]map[int]string{{1, 2}: {nil, {}, {3: "x"}}}, P: &point{3, 4}, PP: ptr(""),
		T: time.Date(2024, 2, 29, 1, 2, 3, 123456789, berlin), D: time.Hour, Big: new(big.Int).Lsh(big.NewInt(-7), 200),
		BigV: *big.NewInt(5), Addr: netip.MustParseAddr("fe80::1%eth0"),
	}
	for name, test := range map[string]func(*testing.T){
		"none":            same(struct{}{}),
		"bool":            same(true),
		"int":             same(-5),
		"uintptr":         same(uintptr(1 << 40)),
		"complex":         same(complex(1, -2)),
		"fixed struct":    same(point{1, -2}),
		"fixed array":     same([2][2]point{{{1, 2}, {3, 4}}, {}}),
		"string":          same("a\xffb\x00"),
		"empty string":    same(""),
		"named string":    same(name("n")),
		"bytes":           same([]byte("a\x00b")),
		"named bytes":     same(blob("b")),
		"no bytes":        same([]byte(nil)),
		"byte array":      same([4]byte{1, 2, 3, 4}),
		"time":            same(time.Date(1999, 12, 31, 23, 59, 59, 999999999, time.UTC)),
		"zero time":       same(time.Time{}),
		"everything":      same(full),
		"nothing of it":   same(everything{}),
		"pointer":         same(&full),
		"nil pointer":     same((*everything)(nil)),
		"nil slice":       same([]string(nil)),
		"empty slice":     same([]string{}),
		"nil map":         same(map[string]int(nil)),
		"empty map":       same(map[string]int{}),
		"nil and empty":   same([][]int{nil, {}, {0}}),
		"colors":          same(map[color][]color{1: {2, 3}}),
		"time key":        same(map[time.Time]int{time.Unix(1, 2).UTC(): 3}),
		"addr key":        same(map[netip.Addr]string{netip.MustParseAddr("127.0.0.1"): "x"}),
		"tree":            same(tree{Label: "a", Left: &tree{Label: "b"}, Kids: []tree{{Label: "c"}}, Named: map[string]tree{"d": {}}}),
		"embedded":        same(embeds{base{1}, &Pointed{"f"}, hidden{"i"}, "o"}),
		"nil embedded":    same(embeds{base: base{1}}),
		"tags":            same(tagged{"a", 2, "c", []int{1}, nil}),
		"to array":        same(listed{A: "a", B: "b"}),
		"marshals itself": same(selfish{"x"}),
		"within":          same(map[string]*selfish{"a": {"y"}, "b": nil}),
		"nil any":         same(any(nil)),
		"pointer to any":  same([]*any{nil, ptr(any("x"))}),
		"nil error":       same(error(nil)),
		"io.EOF is kept":  func(t *testing.T) { wantIs(t, cross(t, io.EOF), io.EOF) },
	} {
		t.Run(name, test)
	}
}

func TestCodec_keepsFloatsToTheBit(t *testing.T) {
	payload := math.Float64frombits(0x7ff8_0000_dead_beef)
	for _, f := range []float64{payload, math.NaN(), math.Inf(1), math.Copysign(0, -1), 0.1, math.SmallestNonzeroFloat64} {
		if got := cross(t, []float64{f})[0]; math.Float64bits(got) != math.Float64bits(f) {
			t.Errorf("float64 %x came back as %x", math.Float64bits(f), math.Float64bits(got))
		}
		if got := cross(t, f); math.Float64bits(got) != math.Float64bits(f) {
			t.Errorf("copied float64 %x came back as %x", math.Float64bits(f), math.Float64bits(got))
		}
		if got := cross(t, any(f)).(float64); math.Float64bits(got) != math.Float64bits(f) {
			t.Errorf("float64 %x in an any came back as %x", math.Float64bits(f), math.Float64bits(got))
		}
	}
	quiet := math.Float32frombits(0x7fc0_1234)
	if got := cross(t, []float32{quiet})[0]; math.Float32bits(got) != math.Float32bits(quiet) {
		t.Errorf("float32 came back as %x", math.Float32bits(got))
	}
}

func TestCodec_givesValuesInAnAnyTheirPromisedTypes(t *testing.T) {
	now := time.Date(2024, 1, 2, 3, 4, 5, 678901234, time.UTC)
	var nilMap map[string]any
	for name, test := range map[string]func(*testing.T){
		"int":            becomes(int8(-3), int64(-3)),
		"uint":           becomes(uint(3), int64(3)),
		"largest":        becomes(uint64(math.MaxInt64), int64(math.MaxInt64)),
		"too large":      becomes(uint64(math.MaxUint64), uint64(math.MaxUint64)),
		"smallest":       becomes(int64(math.MinInt64), int64(math.MinInt64)),
		"uintptr":        becomes(uintptr(9), int64(9)),
		"float32":        becomes(float32(1.5), 1.5),
		"bool":           becomes(true, true),
		"string":         becomes("\xff", "\xff"),
		"named":          becomes(name("n"), "n"),
		"bytes":          becomes([]byte{1}, []byte{1}),
		"empty bytes":    becomes([]byte{}, []byte{}),
		"time":           becomes(now, now),
		"zero time":      becomes(time.Time{}, time.Time{}),
		"big":            becomes(new(big.Int).SetUint64(math.MaxUint64), new(big.Int).SetUint64(math.MaxUint64)),
		"list":           becomes([]int{1, 2}, []any{int64(1), int64(2)}),
		"empty list":     becomes([]int{}, []any{}),
		"strings":        becomes(map[name]int{"a": 1}, map[string]any{"a": int64(1)}),
		"empty map":      becomes(map[int]int{}, map[string]any{}),
		"nil map":        becomes(nilMap, nil),
		"other keys":     becomes(map[int]any{1: map[any]any{true: uint8(1), "x": nil}}, map[any]any{int64(1): map[any]any{true: int64(1), "x": nil}}),
		"time keys":      becomes(map[time.Time]int{now: 1}, map[any]any{now: int64(1)}),
		"struct":         becomes(point{1, 2}, map[string]any{"X": int64(1), "Y": int64(2)}),
		"pointer":        becomes(&tree{Label: "x"}, map[string]any{"Label": "x", "Left": nil, "Right": nil, "Kids": nil, "Named": nil}),
		"pointer to any": becomes(ptr(any(ptr(any(1)))), int64(1)),
		"own, nil":       becomes((*selfish)(nil), nil),
		"deep":           becomes([]any{map[string]any{"a": []any{uint16(1), []string{"b"}}}}, []any{map[string]any{"a": []any{int64(1), []any{"b"}}}}),
	} {
		t.Run(name, test)
	}
	if got := cross(t, map[any]any{1: 2, uint64(math.MaxUint64): nil}); !reflect.DeepEqual(got, map[any]any{int64(1): int64(2), uint64(math.MaxUint64): nil}) {
		t.Errorf("got %#v", got)
	}
}

func TestCodec_keepsTheInstantOfTimesWithOddZones(t *testing.T) {
	old := time.Date(1880, 1, 1, 12, 0, 0, 5, time.FixedZone("LMT", 53*60+28))
	for _, got := range []time.Time{cross(t, old), cross(t, map[string]time.Time{"": old})[""], cross(t, any(old)).(time.Time)} {
		if !got.Equal(old) {
			t.Errorf("%v came back as %v", old, got)
		}
	}
	far := struct{ At []time.Time }{[]time.Time{{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	c := of[struct{ At []time.Time }](t)
	if _, err := c.Append(nil, &far); err == nil || err.Error() != "struct { At []time.Time }.At[1]: time of the year 10000 cannot be sent to a process" {
		t.Errorf("got %v", err)
	}
}

func TestAppend_leavesTheValueAsItIs(t *testing.T) {
	type inner struct{ Err error }
	boom := errors.New("boom")
	in := &inner{boom}
	v := map[string]any{"a": []any{boom, in}, "t": time.Time{}}
	p := struct {
		*Pointed
		In   *inner
		List []error
		Any  map[string]any
	}{&Pointed{}, in, []error{boom}, v}
	cross(t, p)
	if in.Err != boom || p.List[0] != boom || v["a"].([]any)[0] != boom || v["t"] != (time.Time{}) {
		t.Errorf("changed: %v", p)
	}
}

func TestAppend_encodesEqualValuesEqually(t *testing.T) {
	type padded struct {
		A int8
		_ int16
		B int64
		C [2]struct {
			D bool
			E int32
		}
	}
	c := of[padded](t)
	clean, _ := c.Append(nil, &padded{A: 1, B: 2})
	dirty := bytes.Clone(clean)
	for _, at := range []int{1, 2, 3, 4, 7, 17, 19, 25} { // what is no field
		dirty[at] = 0xff
	}
	var v padded
	if err := c.Decode(dirty, &v); err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Append(nil, &v); !bytes.Equal(again, clean) {
		t.Errorf("%x\n%x", again, clean)
	}
	m := map[any]any{}
	for i := range 200 {
		m[i], m[fmt.Sprint(i)] = i, map[string]int{"a": 1, "b": 2, "c": i}
	}
	want, _ := of[any](t).Append(nil, ptr(any(m)))
	for range 20 {
		if got, _ := of[any](t).Append(nil, ptr(any(m))); !bytes.Equal(got, want) {
			t.Fatal("two encodings of one map differ")
		}
	}
}

func TestFixed_tellsWhatIsCopied(t *testing.T) {
	if n, ok := of[point](t).Fixed(); n != 8 || !ok {
		t.Errorf("point: %d, %t", n, ok)
	}
	if n, ok := of[struct{}](t).Fixed(); n != 0 || !ok {
		t.Errorf("none: %d, %t", n, ok)
	}
	for _, fixed := range []func() (int, bool){of[string](t).Fixed, of[[]byte](t).Fixed, of[everything](t).Fixed, of[time.Time](t).Fixed, of[selfish](t).Fixed, of[*int](t).Fixed} {
		if _, ok := fixed(); ok {
			t.Error("not a copied type")
		}
	}
	data, _ := of[point](t).Append(nil, &point{1, 2})
	if len(data) != 8 {
		t.Errorf("%d bytes", len(data))
	}
}

func TestString_isTheTypesName(t *testing.T) {
	if got := of[map[string]point](t).String(); got != "map[string]codec_test.point" {
		t.Error(got)
	}
}
