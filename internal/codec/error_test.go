package codec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/multiproc-go/multiproc/internal/codec"
)

func wantIs(t *testing.T, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%#v is not %v", err, target)
		}
	}
}

var errMine, errYours = errors.New("mine"), errors.New("yours")

func init() {
	codec.Register("codec_test.mine", errMine)
	codec.Register("codec_test.yours", errYours)
}

// crossed sends err in each place where an error may stand.
func crossed(t *testing.T, err error) []error {
	type holder struct {
		E    error
		List []error
		Map  map[string]error
		Any  any
	}
	all := []error{cross(t, err), cross(t, any(err)).(error), cross(t, []any{map[int]any{1: err}})[0].(map[any]any)[int64(1)].(error), cross(t, codec.NewError(err)), ptr(cross(t, *codec.NewError(err)))}
	h := cross(t, holder{err, []error{err, nil}, map[string]error{"x": err, "nil": nil}, err})
	if h.List[1] != nil || h.Map["nil"] != nil {
		t.Error("a nil error came back as something")
	}
	return append(all, h.E, h.List[0], h.Map["x"], h.Any.(error))
}

func TestError_crossesWithItsTextAndWhatItIs(t *testing.T) {
	_, notThere := os.Open("/does/not/exist")
	all := fmt.Errorf("all of it: %w", errors.Join(notThere, errMine, fmt.Errorf("deeper: %w", io.EOF), context.DeadlineExceeded))
	for _, got := range crossed(t, all) {
		wantIs(t, got, syscall.ENOENT, fs.ErrNotExist, errMine, io.EOF, context.DeadlineExceeded)
		for _, other := range []error{errYours, syscall.EACCES, fs.ErrExist, io.ErrUnexpectedEOF, all, errors.New("new")} {
			if errors.Is(got, other) {
				t.Errorf("is %v", other)
			}
		}
		if want := fmt.Sprintf("process %d: %v", os.Getpid(), all); got.Error() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestError_namesItsFunction(t *testing.T) {
	codec.Func = "download"
	defer func() { codec.Func = "" }()
	want := fmt.Sprintf("download in process %d: file does not exist", os.Getpid())
	for _, got := range crossed(t, fs.ErrNotExist) {
		if got.Error() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

type remote struct{ wire *codec.Error }

func (r remote) Error() string      { return "remote " + r.wire.Msg }
func (r remote) Wire() *codec.Error { return r.wire }

func TestError_staysWhatItWasWhenItCrossesAgain(t *testing.T) {
	codec.Func = "first"
	first := codec.NewError(errMine)
	first.PID = 1
	codec.Func = "second"
	defer func() { codec.Func, codec.FromWire = "", nil }()
	codec.FromWire = func(e *codec.Error) error { return remote{e} }
	for _, sent := range []error{first, remote{first}} {
		var got remote
		if err := cross(t, sent); !errors.As(err, &got) || got.wire.Func != "first" || got.wire.PID != 1 || got.wire.Msg != "mine" {
			t.Errorf("got %#v", err)
		}
		if err := cross(t, any(sent)); err.(remote).wire.Func != "first" {
			t.Errorf("got %#v", err)
		}
		wantIs(t, got.wire, errMine)
	}
	err := cross(t, fmt.Errorf("again: %w", remote{first}))
	wantIs(t, err.(remote).wire, errMine)
	if got := err.(remote).wire; got.Func != "second" || got.Msg != "again: remote mine" {
		t.Errorf("got %#v", got)
	}
}

type (
	panics   struct{ inner error }
	endless  struct{}
	typedNil struct{ text string }
	slices   []string
)

func (p panics) Error() string      { panic("Error") }
func (p panics) Is(error) bool      { panic("Is") }
func (p panics) Unwrap() []error    { return []error{p.inner, nil} }
func (endless) Error() string       { return "endless" }
func (e endless) Unwrap() error     { return e }
func (n *typedNil) Error() string   { return n.text }
func (s slices) Error() string      { return strings.Join(s, ",") }
func (slices) Is(target error) bool { return target == errYours }

func TestError_survivesMethodsThatPanic(t *testing.T) {
	for _, got := range crossed(t, panics{errMine}) {
		wantIs(t, got, errMine)
		if !strings.Contains(got.Error(), "codec_test.panics, whose Error method panicked") {
			t.Errorf("got %q", got)
		}
	}
	for _, got := range crossed(t, (*typedNil)(nil)) {
		if !strings.Contains(got.Error(), "*codec_test.typedNil") {
			t.Errorf("got %q", got)
		}
	}
	for _, got := range crossed(t, endless{}) {
		if !strings.HasSuffix(got.Error(), ": endless") {
			t.Errorf("got %q", got)
		}
	}
	for _, got := range crossed(t, slices{"a", "b"}) {
		wantIs(t, got, errYours)
		if errors.Is(got, slices{"a"}) {
			t.Error("is an error that cannot be compared")
		}
	}
}

type hiddenErr struct{ E error }

func TestError_crossesInAnEmbeddedStruct(t *testing.T) {
	type outer struct {
		hiddenErr
		N [1]error
	}
	got := cross(t, outer{hiddenErr{io.EOF}, [1]error{errMine}})
	wantIs(t, got.E, io.EOF)
	wantIs(t, got.N[0], errMine)
}

func TestError_isNilForNil(t *testing.T) {
	if e := codec.NewError(nil); e != nil {
		t.Error(e)
	}
}

func TestRegister_refusesWhatWouldBeAmbiguous(t *testing.T) {
	for want, register := range map[string]func(){
		`codec: error "x" registered without a name`:                    func() { codec.Register("", errors.New("x")) },
		`codec: nil registered as the error "x"`:                        func() { codec.Register("x", nil) },
		`codec: error "codec_test.mine" registered twice`:               func() { codec.Register("codec_test.mine", errors.New("other")) },
		`codec: error "x" of type codec_test.slices cannot be compared`: func() { codec.Register("x", slices{}) },
		"": func() { codec.Register("codec_test.mine", errMine) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want && (want != "" || got != nil) {
					t.Errorf("got %v, want %q", got, want)
				}
			}()
			register()
		}()
	}
}
