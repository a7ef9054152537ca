package multiproc_test

import (
	"context"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc"
)

// Everything is one field of each kind that crosses.
type Everything struct {
	Bool    bool
	Int     int
	I8      int8
	U64     uint64
	F32     float32
	F64     float64
	String  string
	Bytes   []byte
	Array   [3]int16
	Slice   []string
	Map     map[string]int
	Nested  []map[int][]Inner
	Pointer *Inner
	Nil     *Inner
	Any     any
	Err     error
	Time    time.Time
	Wait    time.Duration
}

type Inner struct {
	Name string
	Next *Inner
}

var echo = multiproc.Func("echo", func(_ context.Context, in Everything) (Everything, error) { return in, nil })
var echoBytes = multiproc.Func("echoBytes", func(_ context.Context, in []byte) ([]byte, error) { return in, nil })
var echoAny = multiproc.Func("echoAny", func(_ context.Context, in any) (any, error) { return in, nil })
var zeros = multiproc.Func("zeros", func(_ context.Context, n int) ([]byte, error) { return make([]byte, n), nil })
var pid = multiproc.Func("pid", func(context.Context, multiproc.None) (int, error) { return os.Getpid(), nil })
var ring = multiproc.Func("ring", func(context.Context, multiproc.None) (*Inner, error) {
	i := &Inner{Name: "ring"}
	i.Next = i
	return i, nil
})

func TestStart_runsTheFunctionInAProcessOfItsOwn(t *testing.T) {
	p, err := pid.Start(t.Context(), multiproc.None{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Wait(within(t))
	if err != nil || got != p.PID() || got == os.Getpid() {
		t.Fatalf("Wait = %d, %v; want the child's process ID %d, not this one's %d", got, err, p.PID(), os.Getpid())
	}
}

func TestCall_carriesValuesOfEveryKind(t *testing.T) {
	in := Everything{
		Bool: true, Int: math.MinInt, I8: -7, U64: math.MaxUint64, F32: 1.5, F64: math.Inf(-1),
		String: "not UTF-8: \xff\x00", Bytes: []byte{0, 1}, Array: [3]int16{1, 2, 3},
		Slice: []string{"a", ""}, Map: map[string]int{"x": 1}, Nested: []map[int][]Inner{{1: {{Name: "n"}}}, nil},
		Pointer: &Inner{"a", &Inner{"b", nil}}, Any: []any{int64(1), "s", 2.5, nil, map[string]any{"k": true}},
		Time: time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC), Wait: time.Minute,
	}
	out, err := echo.Call(within(t), in)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Time.Equal(in.Time) {
		t.Errorf("time: got %v, want %v", out.Time, in.Time)
	}
	out.Time = in.Time // equal, but for its location's pointer
	if !reflect.DeepEqual(out, in) {
		t.Errorf("got  %+v\nwant %+v", out, in)
	}
}

func TestCall_carriesAnErrorInAValueAsAFunctionsError(t *testing.T) {
	out, err := echo.Call(within(t), Everything{Err: os.ErrNotExist})
	if err != nil {
		t.Fatal(err)
	}
	var remote *multiproc.RemoteError
	if !errors.Is(out.Err, os.ErrNotExist) || !errors.As(out.Err, &remote) || remote.PID != os.Getpid() {
		t.Errorf("got %#v, want a RemoteError from this process that is os.ErrNotExist", out.Err)
	}
}

func TestCall_carriesUpTo256MiBEachWay(t *testing.T) {
	in := make([]byte, 256<<20)
	in[0], in[len(in)-1] = 1, 2
	out, err := echoBytes.Call(within(t), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(in) || out[0] != 1 || out[len(out)-1] != 2 {
		t.Errorf("got %d bytes, want %d", len(out), len(in))
	}
}

func TestStart_refusesAnInputThatCannotCross(t *testing.T) {
	cyclic := &Inner{Name: "a"}
	cyclic.Next = cyclic
	for _, test := range []struct {
		name  string
		start func() error
		want  string
	}{
		{"too large", func() error { _, err := echoBytes.Start(t.Context(), make([]byte, 256<<20+1)); return err }, "more than 256 MiB"},
		{"cycle", func() error { _, err := echo.Start(t.Context(), Everything{Pointer: cyclic}); return err }, "cycle"},
		{"func in an any", func() error { _, err := echoAny.Start(t.Context(), func() {}); return err }, "func"},
		{"chan deep in an any", func() error {
			_, err := echo.Start(t.Context(), Everything{Any: []any{map[string]any{"c": make(chan int)}}})
			return err
		}, "chan"},
	} {
		err := test.start()
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "multiproc: start ") {
			t.Errorf("%s: got error %v, want one that says %q", test.name, err, test.want)
		}
	}
	if left := multiproc.Children(); len(left) > 0 {
		t.Errorf("children were started all the same: %v", left)
	}
}

func TestWait_tellsOfAResultThatCannotCross(t *testing.T) {
	if _, err := zeros.Call(within(t), 256<<20+1); err == nil || !strings.Contains(err.Error(), "more than 256 MiB") {
		t.Errorf("256 MiB and a byte: got %v, want an error that says so", err)
	}
	if _, err := ring.Call(within(t), multiproc.None{}); err == nil || !strings.Contains(err.Error(), "cycle") {
		t.Errorf("a ring: got %v, want an error that says cycle", err)
	}
}

type hiding struct{ Jobs []Job }

type Job struct {
	Name   string
	Cancel func()
}

type secretive struct {
	Name   string
	secret string
}

func TestFunc_refusesTypesThatCannotCrossByFieldPath(t *testing.T) {
	for _, test := range []struct {
		want     string
		register func()
	}{
		{"Job.Cancel: func cannot be sent to a process", func() {
			multiproc.Func("refused", func(context.Context, Job) (multiproc.None, error) { return multiproc.None{}, nil })
		}},
		{"Cancel: func cannot be sent to a process", func() {
			multiproc.Func("refused", func(context.Context, multiproc.None) (hiding, error) { return hiding{}, nil })
		}},
		{"chan", func() {
			multiproc.Func("refused", func(context.Context, chan int) (multiproc.None, error) { return multiproc.None{}, nil })
		}},
		{"secretive.secret", func() {
			multiproc.Func("refused", func(context.Context, secretive) (multiproc.None, error) { return multiproc.None{}, nil })
		}},
	} {
		if got := panicOf(test.register); !strings.Contains(got, test.want) || !strings.Contains(got, `"refused"`) {
			t.Errorf("Func panicked with %q, want it to say %q and the function's name", got, test.want)
		}
	}
	_ = secretive{}.secret
}

// panicOf returns what f panics with.
func panicOf(f func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = v.(string)
		}
	}()
	f()
	return "nothing"
}

func TestFunc_panicsOnceInitHasRun(t *testing.T) {
	got := panicOf(func() {
		multiproc.Func("late", func(context.Context, int) (int, error) { return 0, nil })
	})
	if !strings.Contains(got, `"late"`) || !strings.Contains(got, "Init has run") {
		t.Errorf("Func panicked with %q", got)
	}
}
