//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["server"] = server
	roles["caller"] = caller
	codec.Register("service test's errRefused", errRefused)
}

var errRefused = errors.New("refused")

type text = ipc.Service[string, string]

// server serves texts as they say, two at a time.
func server(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	v, err := ipc.OpenService[string, string](background, s, hear())
	if err != nil {
		return err
	}
	say("here")
	go func() { say("%v", v.Serve(background, serveText(hear, say))) }()
	return v.Serve(background, serveText(hear, say))
}

func serveText(hear func() string, say func(string, ...any)) func(context.Context, string) (string, error) {
	return func(ctx context.Context, request string) (string, error) {
		switch request {
		case "pid":
			return fmt.Sprint(os.Getpid()), nil
		case "die":
			os.Exit(0)
		case "obey": // whoever hears
			say("serving")
			return hear(), nil
		case "listen":
			say("serving")
			<-ctx.Done()
			say("%v: %v", ctx.Err(), context.Cause(ctx))
			return "", ctx.Err()
		}
		return "re " + request, nil
	}
}

// caller calls what it hears.
func caller(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	v, err := ipc.OpenService[string, string](background, s, hear())
	if err != nil {
		return err
	}
	for {
		answer, err := v.Call(background, hear())
		say("%s %v", answer, err)
	}
}

func startServer(t testing.TB, name string) *child {
	t.Helper()
	c := start(t, "server")
	c.tell("%s", name)
	c.expect("here")
	return c
}

func startCaller(t *testing.T, name string) *child {
	t.Helper()
	c := start(t, "caller")
	c.tell("%s", name)
	return c
}

func openText(t testing.TB, name string) *text { return openService[string, string](t, name) }

func openService[Req, Resp any](t testing.TB, name string) *ipc.Service[Req, Resp] {
	t.Helper()
	v, err := ipc.OpenService[Req, Resp](background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, v.Name()) })
	return v
}

// serve has goroutines serve v until the test ends.
func serve[Req, Resp any](t testing.TB, v *ipc.Service[Req, Resp], n int, f func(context.Context, Req) (Resp, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(background)
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := v.Serve(ctx, f); err != nil {
				t.Errorf("Serve: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
}

// An answer is what a Call that another goroutine makes returns.
type answer struct {
	text string
	err  error
}

func call(ctx context.Context, v *text, request string) (returned chan answer) {
	returned = make(chan answer, 1)
	go func() {
		text, err := v.Call(ctx, request)
		returned <- answer{text, err}
	}()
	return returned
}

func (a answer) is(t testing.TB, want string) {
	t.Helper()
	if a.text != want || a.err != nil {
		t.Errorf("the answer is %q (%v), not %q", a.text, a.err, want)
	}
}

// untilCalls returns once n calls wait to be served.
func untilCalls(t testing.TB, name string, n int) {
	t.Helper()
	until(t, fmt.Sprint(n, " calls wait"), func() bool { return statOf(t, name).Len == n })
}

func statOf(t testing.TB, name string) (o ipc.ObjectStat) {
	t.Helper()
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, o = range stats.Objects {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("no object %q", name)
	return o
}

func TestService_answersCallersOfAllProcesses(t *testing.T) {
	v := openText(t, "all")
	children := make(map[string]bool)
	for range 3 {
		children[fmt.Sprint(startServer(t, "all").cmd.Process.Pid)] = true
	}
	callers := []*child{startCaller(t, "all"), startCaller(t, "all")}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 200 {
				request := fmt.Sprint(g, "/", i)
				if got, err := v.Call(background, request); got != "re "+request || err != nil {
					t.Errorf("%q (%v)", got, err)
				}
			}
		})
	}
	for i := range 100 {
		for _, c := range callers {
			c.tell("%d", i)
		}
		for _, c := range callers {
			c.expect(fmt.Sprintf("re %d <nil>", i))
		}
	}
	all.Wait()
	pid, err := v.Call(background, "pid")
	if must(t, err); !children[pid] {
		t.Errorf("process %s has answered", pid)
	}
	must(t, family(t).Check(background))
}

func TestService_aCallWaitsForOneWhoServes(t *testing.T) {
	v := openText(t, "")
	c := call(background, v, "x")
	untilCalls(t, v.Name(), 1)
	startServer(t, v.Name())
	(<-c).is(t, "re x")
}

func TestService_isFirstComeFirstServed(t *testing.T) {
	v := openText(t, "order")
	children := []*child{startCaller(t, "order"), startCaller(t, "order"), startCaller(t, "order")}
	for i, c := range children {
		c.tell("%d", i)
		untilCalls(t, "order", i+1)
	}
	last := call(background, v, "last")
	untilCalls(t, "order", 4)
	var order []string
	serve(t, v, 1, func(_ context.Context, request string) (string, error) {
		order = append(order, request)
		return "", nil
	})
	(<-last).is(t, "")
	if got := strings.Join(order, " "); got != "0 1 2 last" {
		t.Errorf("served in the order %s", got)
	}
}

func TestService_errorsAndPanicsReachTheCallerAndTheServerGoesOn(t *testing.T) {
	v := openService[string, any](t, "")
	serve(t, v, 1, func(_ context.Context, request string) (any, error) {
		switch request {
		case "refuse":
			return 1, fmt.Errorf("the server: %w", errRefused)
		case "missing":
			_, err := os.Open("/no/such/file")
			return nil, err
		case "panic":
			panic("oh")
		case "panic with an error":
			panic(errRefused)
		case "nil pointer":
			var p *int
			return *p, nil
		case "func":
			return func() {}, nil
		case "large":
			return make([]byte, 300<<20), nil
		}
		return "fine", nil
	})
	for _, one := range []struct {
		request, msg string
		is           error
		stack        bool
	}{
		{request: "refuse", msg: "the server: refused", is: errRefused},
		{request: "missing", msg: "open /no/such/file: no such file or directory", is: fs.ErrNotExist},
		{request: "panic", msg: "panic: oh", stack: true},
		{request: "panic with an error", msg: "panic: refused", is: errRefused, stack: true},
		{request: "nil pointer", msg: "panic: runtime error: invalid memory address or nil pointer dereference", stack: true},
		{request: "func", msg: "send the answer: ipc: type cannot be shared", is: ipc.ErrType},
		{request: "large", msg: "send the answer: ipc: value too large", is: ipc.ErrTooLarge},
	} {
		got, err := v.Call(background, one.request)
		var failed *ipc.ServiceError
		if !errors.As(err, &failed) || got != nil {
			t.Errorf("%s: %v, %v", one.request, got, err)
			continue
		}
		if failed.Service != v.Name() || failed.PID != os.Getpid() || !strings.HasPrefix(failed.Msg, one.msg) {
			t.Errorf("%s: %+v", one.request, failed)
		}
		if (failed.Stack != "") != one.stack || one.stack && !strings.Contains(failed.Stack, "service_test.go") {
			t.Errorf("%s: the stack is %q", one.request, failed.Stack)
		}
		if one.is != nil && !errors.Is(err, one.is) {
			t.Errorf("%s: %v is not %v", one.request, err, one.is)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("%q in process %d: %s", v.Name(), os.Getpid(), one.msg)) {
			t.Errorf("the message is %q", err)
		}
		if got, err := v.Call(background, "next"); got != "fine" || err != nil {
			t.Errorf("after %s: %v, %v", one.request, got, err)
		}
	}
}

func TestService_aFunctionThatEndsItsGoroutineIsAnsweredWithAnError(t *testing.T) {
	v := openText(t, "")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.Serve(background, func(context.Context, string) (string, error) {
			runtime.Goexit()
			return "", nil
		})
		t.Error("Serve returns though the function has ended the goroutine")
	}()
	_, err := v.Call(background, "")
	if !strings.Contains(fmt.Sprint(err), "runtime.Goexit") || !errors.As(err, new(*ipc.ServiceError)) {
		t.Errorf("the error is %v", err)
	}
	<-ended
}

func TestService_anErrorHasItsWholeText(t *testing.T) {
	v := openText(t, "")
	serve(t, v, 1, func(_ context.Context, request string) (string, error) { return "", errors.New(request) })
	for _, n := range []int{0, 1, 50, 100, 5000, 1 << 20} {
		_, err := v.Call(background, strings.Repeat("x", n))
		var failed *ipc.ServiceError
		if !errors.As(err, &failed) || failed.Msg != strings.Repeat("x", n) {
			t.Errorf("%d letters came back as %.100v", n, err)
		}
	}
}

func TestService_handlesTravelInRequestsAndAnswers(t *testing.T) {
	type request struct {
		Lock *ipc.Mutex
		Back *ipc.Service[string, string]
	}
	v := openService[request, *ipc.Event](t, "")
	back, m := openText(t, ""), openMutex(t, "")
	serve(t, back, 1, func(_ context.Context, request string) (string, error) { return request + "!", nil })
	serve(t, v, 1, func(ctx context.Context, r request) (*ipc.Event, error) {
		if _, err := r.Lock.TryLock(ctx); !errors.Is(err, ipc.ErrLocked) {
			return nil, fmt.Errorf("the mutex in the request: %w", err)
		}
		name, err := r.Back.Call(ctx, "set")
		if err != nil {
			return nil, err
		}
		e, err := ipc.OpenEvent(ctx, family(t), name)
		if err == nil {
			err = e.Set(ctx)
		}
		return e, err
	})
	g, err := m.Lock(background)
	must(t, err)
	defer g.Unlock()
	e, err := v.Call(background, request{m, back})
	must(t, err)
	defer family(t).Delete(background, e.Name())
	if set, err := e.IsSet(background); !set || err != nil || e.Name() != "set!" {
		t.Errorf("the event %q is set: %v (%v)", e.Name(), set, err)
	}
}

func TestService_ofANamedSpaceRefusesHandlesOfTheFamilys(t *testing.T) {
	s := openSpace(t, t.TempDir()+"/space", ipc.SpaceConfig{})
	v, err := ipc.OpenService[*ipc.Mutex, *ipc.Mutex](background, s, "v")
	must(t, err)
	of := openMutex(t, "the family's")
	_, err = v.Call(background, of)
	if !errors.Is(err, ipc.ErrType) {
		t.Errorf("in a request: %v", err)
	}
	serve(t, v, 1, func(context.Context, *ipc.Mutex) (*ipc.Mutex, error) { return of, nil })
	_, err = v.Call(background, nil)
	if !errors.Is(err, ipc.ErrType) || !errors.As(err, new(*ipc.ServiceError)) {
		t.Errorf("in an answer: %v", err)
	}
}

func TestService_handleTravels(t *testing.T) {
	v := openText(t, "")
	data, err := v.MarshalBinary()
	must(t, err)
	var same text
	must(t, same.UnmarshalBinary(data))
	serve(t, &same, 1, func(_ context.Context, request string) (string, error) { return request, nil })
	got, err := v.Call(background, "x")
	must(t, err)
	if got != "x" || same.Name() != v.Name() {
		t.Errorf("%q from %q", got, same.Name())
	}
	if err := new(ipc.Service[string, int]).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("received as a service of other types: %v", err)
	}
}

func TestOpenService_refusesOtherTypes(t *testing.T) {
	v := openText(t, "")
	_, err := ipc.OpenService[string, int](background, family(t), v.Name())
	if !errors.Is(err, ipc.ErrMismatch) || !strings.Contains(err.Error(), "string -> string, not string -> int") {
		t.Errorf("another response: %v", err)
	}
	if _, err := ipc.OpenService[int, string](background, family(t), v.Name()); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("another request: %v", err)
	}
	type job struct{ Done chan int }
	if _, err := ipc.OpenService[job, int](background, family(t), ""); !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "Done") {
		t.Errorf("a request that cannot cross: %v", err)
	}
	if _, err := ipc.OpenService[int, job](background, family(t), ""); !errors.Is(err, ipc.ErrType) {
		t.Errorf("a response that cannot cross: %v", err)
	}
	if err := v.Serve(background, nil); err == nil || !strings.Contains(err.Error(), "the function is nil") {
		t.Errorf("Serve without a function: %v", err)
	}
	any, err := ipc.OpenService[any, int](background, family(t), "")
	must(t, err)
	defer family(t).Delete(background, any.Name())
	if _, err := any.Call(background, func() {}); !errors.Is(err, ipc.ErrType) {
		t.Errorf("a request that cannot cross after all: %v", err)
	}
	large := openService[[]byte, int](t, "")
	if _, err := large.Call(background, make([]byte, 300<<20)); !errors.Is(err, ipc.ErrTooLarge) {
		t.Errorf("a request of 300 MiB: %v", err)
	}
}

func TestService_deleteAndCloseEndCallsAndServe(t *testing.T) {
	for _, end := range []string{"delete", "close"} {
		path := t.TempDir() + "/space"
		s, stays := openSpace(t, path, ipc.SpaceConfig{}), openSpace(t, path, ipc.SpaceConfig{})
		v, err := ipc.OpenService[string, string](background, s, "v")
		must(t, err)
		serving, left := make(chan struct{}), make(chan error, 1)
		served := make(chan error)
		go func() {
			served <- v.Serve(background, func(ctx context.Context, _ string) (string, error) {
				serving <- struct{}{}
				<-ctx.Done()
				left <- ctx.Err()
				return "", nil
			})
		}()
		first := call(background, v, "first")
		<-serving
		second := call(background, v, "second")
		until(t, "a call waits", func() bool {
			stats, err := stays.Stats(background)
			must(t, err)
			return stats.Objects[0].Len == 1
		})
		if end == "delete" {
			must(t, stays.Delete(background, "v"))
		} else {
			must(t, s.Close())
		}
		for _, c := range []chan answer{first, second} {
			if a := <-c; !errors.Is(a.err, ipc.ErrClosed) {
				t.Errorf("%s: Call returns %v", end, a.err)
			}
		}
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the function's context says %v", end, err)
		}
		if err := <-served; !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("%s: Serve returns %v", end, err)
		}
		must(t, stays.Check(background))
	}
}

func TestService_aFullSpaceSaysSoAndMemoryComesBack(t *testing.T) {
	s := openSpace(t, t.TempDir()+"/small", ipc.SpaceConfig{MaxBytes: 1 << 20})
	v, err := ipc.OpenService[[]byte, []byte](background, s, "v")
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	var all sync.WaitGroup
	full := make(chan error, 1)
	for len(full) == 0 {
		all.Go(func() {
			if _, err := v.Call(ctx, make([]byte, 20_000)); !errors.Is(err, context.Canceled) {
				select {
				case full <- err:
				default:
				}
			}
		})
		runtime.Gosched()
	}
	if err := <-full; !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("a call in a full space: %v", err)
	}
	cancel()
	all.Wait()
	serve(t, v, 1, func(_ context.Context, request []byte) ([]byte, error) {
		return make([]byte, 100*len(request)), nil
	})
	for range 20 {
		got, err := v.Call(background, make([]byte, 4000))
		if len(got) != 400_000 || err != nil {
			t.Fatalf("%d bytes (%v)", len(got), err)
		}
		_, err = v.Call(background, make([]byte, 9000))
		if !errors.As(err, new(*ipc.ServiceError)) || !errors.Is(err, ipc.ErrNoSpace) {
			t.Fatalf("an answer that the space has no room for: %v", err)
		}
	}
	must(t, s.Check(background))
}

// The plain variable is what the race detector looks at.
func TestService_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	v := openText(t, "")
	asked, counted := 0, 0
	serve(t, v, 1, func(context.Context, string) (string, error) {
		counted = asked
		return "", nil
	})
	for i := range 100 {
		asked = i
		_, err := v.Call(background, "")
		must(t, err)
		if counted != i {
			t.Fatalf("the server saw %d instead of %d", counted, i)
		}
	}
}

func TestService_aThousandCallsWaitAtOnce(t *testing.T) {
	const calls = 1000
	v := openService[int, int](t, "")
	var all sync.WaitGroup
	var sum atomic.Int64
	for i := range calls {
		all.Go(func() {
			n, err := v.Call(background, i)
			if err != nil {
				t.Error(err)
			}
			sum.Add(int64(n))
		})
	}
	untilCalls(t, v.Name(), calls)
	serve(t, v, 4, func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	all.Wait()
	if sum.Load() != calls*(calls-1) {
		t.Errorf("the sum is %d", sum.Load())
	}
}
