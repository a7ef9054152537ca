package codec_test

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/multiproc-go/multiproc/internal/codec"
)

type (
	Job struct {
		Name   string
		Cancel func()
	}
	Steps   struct{ Steps []struct{ Done chan int } }
	Maps    struct{ M map[string]struct{ F func() } }
	Keys    struct{ M map[fmt.Stringer]int }
	Secret  struct{ A, b int }
	Within  struct{ S *Secret }
	Dropped struct {
		A int `json:"-"`
	}
	Outer struct {
		base
		ID string
	}
	Twins struct {
		A int `json:"x"`
		B int `cbor:"x"`
	}
	Far    struct{ Far int }
	TwoFar struct {
		*Pointed
		*Far
	}
	embedPtr struct{ *base }
	Half     struct{ H half }
	half     struct{}
	other    struct{}
	Timed    struct {
		time.Time
		big.Int
	}
	Loop    *Loop
	Selfish struct{ *Selfish }
	Complex struct {
		S string
		C []complex64
	}
	Odd struct {
		A string `cbor:"x,keyasint"`
	}
)

func (half) MarshalBinary() ([]byte, error) { return nil, nil }
func (*other) UnmarshalCBOR(b []byte) error { return nil }

func TestOf_refusesByPath(t *testing.T) {
	for want, err := range map[string]error{
		"Job.Cancel: func cannot be sent to a process":                                                  refusal[Job](),
		"Job.Cancel: func cannot be sent to a process ":                                                 refusal[**Job](),
		"[]codec_test.Job[].Cancel: func cannot be sent to a process":                                   refusal[[]Job](),
		"Steps.Steps[].Done: chan cannot be sent to a process":                                          refusal[Steps](),
		"Maps.M[string].F: func cannot be sent to a process":                                            refusal[Maps](),
		"key of Keys.M: interface fmt.Stringer cannot be sent to a process":                             refusal[Keys](),
		"Conn: interface net.Conn cannot be sent to a process":                                          refusal[net.Conn](),
		"Pointer: unsafe.Pointer cannot be sent to a process":                                           refusal[unsafe.Pointer](),
		"Secret.b: unexported field cannot be sent to a process":                                        refusal[Secret](),
		"Within.S.b: unexported field cannot be sent to a process":                                      refusal[Within](),
		"Dropped.A: field dropped by its json tag cannot be sent to a process":                          refusal[Dropped](),
		"Outer.ID: field with the name of Outer.base.ID cannot be sent to a process":                    refusal[Outer](),
		"Twins.B: field with the name of Twins.A cannot be sent to a process":                           refusal[Twins](),
		"TwoFar.Far.Far: field with the name of TwoFar.Pointed.Far cannot be sent to a process":         refusal[TwoFar](),
		"embedPtr.base: unexported field cannot be sent to a process":                                   refusal[embedPtr](),
		"Half.H: codec_test.half with MarshalBinary but no UnmarshalBinary cannot be sent to a process": refusal[Half](),
		"other: codec_test.other with UnmarshalCBOR but no MarshalCBOR cannot be sent to a process":     refusal[other](),
		"[]codec_test.Selfish[].Selfish: a struct that embeds itself cannot be sent to a process":       refusal[[]Selfish](),
		"Loop: a pointer to its own type cannot be sent to a process":                                   refusal[Loop](),
		"Complex.C[]: complex64 beside types that are no numbers cannot be sent to a process":           refusal[Complex](),
		"Odd.A: field with keyasint but no number in its tag cannot be sent to a process":               refusal[Odd](),
		"error: a pointer to an error interface cannot be sent to a process":                            refusal[*error](),
	} {
		if err == nil || !errors.Is(err, codec.ErrType) {
			t.Errorf("%s: got %v", want, err)
		} else if got := err.Error(); got != want && got+" " != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func refusal[T any]() error {
	_, err := codec.Of[T]()
	return err
}

func appendError[T any](t *testing.T, v T) error {
	t.Helper()
	dst := []byte("before")
	out, err := of[T](t).Append(dst, &v)
	if string(out) != "before" && err != nil {
		t.Errorf("dst is %q after an error", out)
	}
	return err
}

type holder struct {
	V any
	M map[string]any
	K map[any]int
	L []any
}

func wantRefused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAppend_refusesByPathWhatAnAnyHolds(t *testing.T) {
	for want, v := range map[string]holder{
		"holder.V: func cannot be sent to a process":                                                          {V: func() {}},
		"holder.V: chan cannot be sent to a process":                                                          {V: make(chan int)},
		"holder.V.b: unexported field cannot be sent to a process":                                            {V: &Secret{}},
		"holder.L[1].Cancel: func cannot be sent to a process":                                                {L: []any{1, Job{}}},
		`holder.M["a"][0]: func cannot be sent to a process`:                                                  {M: map[string]any{"a": []any{main}}},
		"key of holder.K.b: unexported field cannot be sent to a process":                                     {K: map[any]int{Secret{}: 1}},
		"key of holder.K: [2]int in an any cannot be sent to a process":                                       {K: map[any]int{[2]int{}: 1}},
		"key of holder.V: codec_test.point in an any cannot be sent to a process":                             {V: map[point]int{{}: 1}},
		"holder.V: complex128 beside types that are no numbers cannot be sent to a process":                   {V: 1i},
		"holder.V: codec_test.selfish in an any, where its type is not known, cannot be sent to a process":    {V: selfish{}},
		"holder.L[1]: codec_test.selfish in an any, where its type is not known, cannot be sent to a process": {L: []any{nil, &selfish{}}},
		`holder.M["a"].Addr: netip.Addr in an any, where its type is not known, cannot be sent to a process`:  {M: map[string]any{"a": struct{ Addr netip.Addr }{}}},
		"holder.V[]: uintptr beside types that are no numbers cannot be sent to a process":                    {V: []uintptr{1}},
	} {
		err := appendError(t, v)
		wantRefused(t, err, want)
		if !errors.Is(err, codec.ErrType) {
			t.Errorf("%v does not match ErrType", err)
		}
	}
	wantRefused(t, appendError(t, any(main)), "any: func cannot be sent to a process")
}

func main() {}

type (
	ring  struct{ Next *ring }
	slice []slice
	maps  map[string]maps
	list  struct {
		N    int
		Next *list
	}
	heavy struct {
		Text string
		A, B *heavy
	}
)

func TestAppend_refusesCycles(t *testing.T) {
	r := &ring{}
	r.Next = &ring{Next: r}
	wantRefused(t, appendError(t, r), "ring.Next.Next: a cycle cannot be sent to a process")
	wantRefused(t, appendError(t, *r), "ring.Next.Next.Next: a cycle cannot be sent to a process")

	s := make(slice, 2)
	s[1] = s
	wantRefused(t, appendError(t, s), "slice[1]: a cycle cannot be sent to a process")

	m := maps{}
	m["m"] = m
	wantRefused(t, appendError(t, m), `maps["m"]: a cycle cannot be sent to a process`)

	var a any
	a = &a
	wantRefused(t, appendError(t, a), "any: a cycle cannot be sent to a process")

	l := []any{1, nil}
	l[1] = map[any]any{5: l}
	wantRefused(t, appendError(t, any(l)), "any[1][5]: a cycle cannot be sent to a process")

	h := &heavy{Text: string(make([]byte, 1<<20))}
	h.A, h.B = &heavy{}, h
	wantRefused(t, appendError(t, h), "heavy.B: a cycle cannot be sent to a process")
}

func TestAppend_takesWhatIsSharedButNoCycle(t *testing.T) {
	leaf := &heavy{Text: "x"}
	got := cross(t, heavy{A: leaf, B: leaf})
	if got.A.Text != "x" || got.B.Text != "x" {
		t.Errorf("got %v", got)
	}
}

func listOf(n int) *list {
	var l *list
	for i := range n {
		l = &list{i, l}
	}
	return l
}

func TestAppend_boundsNesting(t *testing.T) {
	n := 0
	for l := cross(t, listOf(10_000)); l != nil; l = l.Next {
		n++
	}
	if n != 10_000 {
		t.Errorf("%d of 10000 elements came back", n)
	}
	err := appendError(t, listOf(10_001))
	if err == nil || len(err.Error()) > 400 {
		t.Fatalf("got %v", err)
	}
	if text := err.Error(); text[:20] != "list.Next.Next.Next." || text[len(text)-36:] != "…: nested deeper than 10000 levels" {
		t.Errorf("got %v", err)
	}
	deep := any(1)
	for range 10_000 {
		deep = []any{deep}
	}
	got := cross(t, deep)
	for range 10_000 {
		got = got.([]any)[0]
	}
	if got != int64(1) {
		t.Errorf("got %v", got)
	}
	for range 1_000_000 {
		deep = []any{deep}
	}
	if err := appendError(t, deep); err == nil {
		t.Error("a million levels were taken")
	}
}

func TestAppend_boundsTheSize(t *testing.T) {
	text := string(make([]byte, 1<<20))
	texts := make([]string, 10_000_000)
	for i := range texts {
		texts[i] = text[:40]
	}
	type texted struct{ Text []string }
	for what, err := range map[string]error{
		"bytes":   appendError(t, make([]byte, 300<<20)),
		"strings": appendError(t, texted{texts}),
		"errors":  appendError(t, []error{errors.New(string(make([]byte, codec.MaxBytes)))}),
		"shared":  appendError(t, shared(text, 40)),
		"in anys": appendError(t, sharedError(40)),
		"array":   appendError(t, struct{ A [][1 << 20]float64 }{make([][1 << 20]float64, 29)}),
		"names":   appendError(t, make([]struct{ AFieldWhoseNameIsQuiteLong []int }, 10_000_000)),
	} {
		if !errors.Is(err, codec.ErrTooLarge) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	wantRefused(t, appendError(t, texted{texts}), "texted.Text[6547206]: more than 256 MiB")
	wantRefused(t, appendError(t, make([]byte, codec.MaxBytes+1)), "[]uint8: more than 256 MiB")
}

// shared is a value of 2^n parts that takes little memory.
func shared(text string, n int) *heavy {
	h := &heavy{Text: text}
	for range n {
		h = &heavy{A: h, B: h}
	}
	return h
}

// sharedError is an error in 2^n places.
func sharedError(n int) any {
	v := any(errors.New(string(make([]byte, 1<<10))))
	for range n {
		v = []any{v, v}
	}
	return v
}

func TestCodec_takesWhatIsJustNotTooLarge(t *testing.T) {
	b := make([]byte, codec.MaxBytes-100)
	b[len(b)-1] = 1
	got := cross(t, struct{ B []byte }{b})
	if len(got.B) != len(b) || got.B[len(b)-1] != 1 {
		t.Error("it came back otherwise")
	}
	many := make([]bool, 20_000_000)
	if got := cross(t, many); len(got) != len(many) {
		t.Errorf("%d of %d elements came back", len(got), len(many))
	}
}

type faulty struct{ Kind string }

func (f faulty) MarshalBinary() ([]byte, error) {
	switch f.Kind {
	case "panic":
		panic("marshal")
	case "error":
		return nil, io.ErrShortWrite
	}
	return []byte(f.Kind), nil
}

func (f *faulty) UnmarshalBinary(b []byte) error { panic("unmarshal") }

func TestCodec_survivesMethodsThatPanic(t *testing.T) {
	type faults struct{ F []faulty }
	wantRefused(t, appendError(t, faults{[]faulty{{"panic"}}}), "codec_test.faults: panic while encoding: marshal")
	if err := appendError(t, faults{[]faulty{{"error"}}}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	c := of[faults](t)
	data, err := c.Append(nil, &faults{[]faulty{{"fine"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := faults{[]faulty{{"old"}}}
	wantRefused(t, c.Decode(data, &got), "codec_test.faults: panic while decoding: unmarshal")
	if got.F != nil {
		t.Errorf("after an error the value is %v", got)
	}
}

// What embeds a type that marshals itself marshals as that alone.
type (
	WithTime struct {
		time.Time
		N int
	}
	WithTimePtr struct {
		*time.Time
		N int
	}
	WithAddr struct {
		netip.Addr
		Port int
	}
	WithBig struct {
		*big.Int
		N int
	}
)

func TestOf_refusesStructsThatTheirEmbeddedTypeWouldLose(t *testing.T) {
	for want, err := range map[string]error{
		"WithTime: codec_test.WithTime, which marshals as its embedded time.Time alone, cannot be sent to a process":        of1[WithTime](),
		"WithTimePtr: codec_test.WithTimePtr, which marshals as its embedded *time.Time alone, cannot be sent to a process": of1[WithTimePtr](),
		"WithAddr: codec_test.WithAddr, which marshals as its embedded netip.Addr alone, cannot be sent to a process":       of1[WithAddr](),
		"WithBig.Int: embedded big.Int, whose own encoding would be lost, cannot be sent to a process":                      of1[WithBig](),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func of1[T any]() error {
	_, err := codec.Of[T]()
	return err
}

var _ = Secret{}.b // never used but to be there
