package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc"
)

// stubborn goes on whatever its context says, once it has told that it is ready.
var stubborn = multiproc.Func("stubborn", func(context.Context, multiproc.None) (multiproc.None, error) {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("ready")
	select {}
})

// yielding waits for its context and then does as it is told.
var yielding = multiproc.Func("yielding", func(ctx context.Context, how string) (string, error) {
	fmt.Println("ready")
	<-ctx.Done()
	switch how {
	case "nil":
		return "all the same", nil
	case "own":
		return "partly", errSoldOut
	case "panic":
		panic("at the end")
	}
	return "", ctx.Err()
})

// awaitReady starts a function that says when it is ready, and waits for that.
func awaitReady[In, Out any](t testing.TB, ctx context.Context, f *multiproc.Function[In, Out], in In, opts ...multiproc.Option) *multiproc.Process[Out] {
	t.Helper()
	said := make(signalWriter, 1)
	p, err := f.Start(ctx, in, append([]multiproc.Option{multiproc.WithStdout(said), multiproc.Daemon()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-said:
	case <-p.Done():
		_, err := p.Wait(ctx)
		t.Fatalf("%s ended before it was ready: %v", p.Name(), err)
	}
	return p
}

type signalWriter chan struct{}

func (s signalWriter) Write(p []byte) (int, error) {
	select {
	case s <- struct{}{}:
	default:
	}
	return len(p), nil
}

func TestStart_theContextIsTheChildsLife(t *testing.T) {
	cause := errors.New("the office closes")
	for how, want := range map[string]struct {
		result string
		match  []error // besides the context's error and its cause
	}{
		"ctx":   {"", []error{context.Canceled}},
		"own":   {"partly", []error{errSoldOut}},
		"panic": {"", nil},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		p := awaitReady(t, ctx, yielding, how)
		cancel(cause)
		got, err := p.Wait(within(t))
		for _, target := range append(want.match, context.Canceled, cause) {
			if !errors.Is(err, target) {
				t.Errorf("%s: error %v does not match %v", how, err, target)
			}
		}
		if got != want.result {
			t.Errorf("%s: result %q, want %q", how, got, want.result)
		}
	}
}

func TestStart_aResultWithoutErrorIsBelievedAfterTheContextsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := awaitReady(t, ctx, yielding, "nil")
	cancel()
	if got, err := p.Wait(within(t)); got != "all the same" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestStart_theEndOfTheContextKillsAChildThatDoesNotListen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := awaitReady(t, ctx, stubborn, multiproc.None{}, multiproc.WithGrace(0))
	cancel()
	_, err := p.Wait(within(t))
	var exit *multiproc.ExitError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &exit) || exit.Exit.Signal != syscall.SIGKILL {
		t.Errorf("got %v, want an *ExitError by SIGKILL that is context.Canceled", err)
	}
}

func TestStart_refusesAContextThatHasEnded(t *testing.T) {
	cause := errors.New("too late")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := pid.Start(ctx, multiproc.None{}); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

type key struct{}

var inspectContext = multiproc.Func("inspectContext", func(ctx context.Context, _ multiproc.None) (string, error) {
	deadline, ok := ctx.Deadline()
	return fmt.Sprint(deadline.UnixNano(), ok, ctx.Value(key{})), nil
})

func TestStart_theFunctionHasTheDeadlineOfTheContextNotItsValues(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
	defer cancel()
	deadline, _ := ctx.Deadline()
	got, err := inspectContext.Call(ctx, multiproc.None{})
	if want := fmt.Sprint(deadline.UnixNano(), true, nil); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestWait_deadlinesMatchOnBothSides(t *testing.T) {
	cause := errors.New("dinner")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel()
	_, err := yielding.Call(ctx, "ctx", multiproc.WithStdout(discard{}))
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestWait_isBoundedByItsOwnContextAlone(t *testing.T) {
	p := awaitReady(t, t.Context(), yielding, "ctx")
	cause := errors.New("no patience")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := p.Wait(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("Wait = %v", err)
	}
	if !p.Alive() {
		t.Error("the process has ended with Wait's context")
	}
	if _, ok := p.Exit(); ok {
		t.Error("Exit tells of an end")
	}
	if err := p.Stop(within(t)); err != nil {
		t.Error(err)
	}
	if _, err := p.Wait(ctx); errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
		t.Errorf("Wait after the end = %v, want the process's result whatever its context", err)
	}
}

func TestWait_givesAllCallersTheSame(t *testing.T) {
	p, err := fail.Start(t.Context(), "registered")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if out, err := p.Wait(within(t)); out != "a result beside it" || !errors.Is(err, errSoldOut) {
				t.Errorf("Wait = %q, %v", out, err)
			}
		})
	}
	wg.Wait()
}

func TestStop_letsTheFunctionEnd(t *testing.T) {
	p := awaitReady(t, t.Context(), yielding, "nil")
	if err := p.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Wait(within(t)); got != "all the same" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := p.Stop(within(t)); err != nil {
		t.Errorf("the second Stop: %v", err)
	}
}

func TestStop_killsAfterTheGracePeriod(t *testing.T) {
	p := awaitReady(t, t.Context(), stubborn, multiproc.None{}, multiproc.WithGrace(20*time.Millisecond))
	if err := p.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if e, ok := p.Exit(); !ok || e.Signal != syscall.SIGKILL || e.Wall < 20*time.Millisecond {
		t.Errorf("Exit = %+v, %v; want SIGKILL after 20 ms", e, ok)
	}
}

func TestStop_killsWhenItsContextEnds(t *testing.T) {
	p := awaitReady(t, t.Context(), stubborn, multiproc.None{}, multiproc.WithGrace(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if e, ok := p.Exit(); !ok || e.Signal != syscall.SIGKILL {
		t.Errorf("Exit = %+v, %v; want SIGKILL", e, ok)
	}
}

func TestKill_endsTheProcessAtOnce(t *testing.T) {
	p := awaitReady(t, t.Context(), stubborn, multiproc.None{})
	for range 2 { // the second does nothing
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		_, err := p.Wait(within(t))
		var exit *multiproc.ExitError
		if !errors.As(err, &exit) || exit.Exit.Signal != syscall.SIGKILL {
			t.Errorf("Wait = %v", err)
		}
	}
}

var onSignal = multiproc.Func("onSignal", func(ctx context.Context, sig int) (bool, error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.Signal(sig))
	fmt.Println("ready")
	select {
	case <-c:
		return true, nil
	case <-ctx.Done():
		return false, nil
	}
})

func TestSignal_reachesTheProcess(t *testing.T) {
	p := awaitReady(t, t.Context(), onSignal, int(syscall.SIGUSR1))
	if err := p.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Wait(within(t)); !got || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if err := p.Signal(syscall.SIGUSR1); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("after the end: %v, want os.ErrProcessDone", err)
	}
}

type oddSignal struct{}

func (oddSignal) String() string { return "odd" }
func (oddSignal) Signal()        {}

func TestSignal_refusesWhatIsNoSignalHere(t *testing.T) {
	p := awaitReady(t, t.Context(), onSignal, int(syscall.SIGUSR1))
	if err := p.Signal(oddSignal{}); err == nil || !strings.Contains(err.Error(), "odd is no syscall.Signal") {
		t.Errorf("got %v", err)
	}
	if err := p.Signal(syscall.Signal(1000)); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("signal 1000: %v, want EINVAL", err)
	}
}

var work = multiproc.Func("work", func(_ context.Context, memory int) (byte, error) {
	b := make([]byte, memory)
	for i := range b {
		b[i] = byte(i)
	}
	start := time.Now()
	for time.Since(start) < 20*time.Millisecond {
		b[0]++
	}
	return b[memory-1], nil
})

func TestExit_tellsWhatTheProcessUsed(t *testing.T) {
	ballast := make([]byte, 256<<20) // the parent's memory must not count as the child's
	for i := range ballast {
		ballast[i] = 1
	}
	p, err := work.Start(t.Context(), 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	e, ok := p.Exit()
	if !ok || e.Code != 0 || e.Signal != 0 || e.Limit != "" {
		t.Errorf("Exit = %+v, %v", e, ok)
	}
	if e.Wall < 20*time.Millisecond || e.User <= 0 || e.User+e.System > 10*e.Wall {
		t.Errorf("wall %v, user %v, system %v", e.Wall, e.User, e.System)
	}
	if e.MaxRSS < 64<<20 || e.MaxRSS > 240<<20 {
		t.Errorf("peak memory %d MiB, want somewhat more than 64, and not the parent's 256", e.MaxRSS>>20)
	}
	ballast[0]++
}

func TestExit_isNonZeroAfterAnError(t *testing.T) {
	p, err := fail.Start(t.Context(), "registered")
	if err != nil {
		t.Fatal(err)
	}
	p.Wait(within(t))
	if e, _ := p.Exit(); e.Code != 1 {
		t.Errorf("exit code %d, want 1", e.Code)
	}
}

func TestDone_isClosedWithTheResult(t *testing.T) {
	p := awaitReady(t, t.Context(), yielding, "nil")
	select {
	case <-p.Done():
		t.Fatal("Done is closed while the process runs")
	default:
	}
	go p.Stop(t.Context())
	<-p.Done()
	if p.Alive() {
		t.Error("alive after its end")
	}
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := p.Wait(expired); got != "all the same" || err != nil {
		t.Errorf("Wait = %q, %v", got, err)
	}
}

func init() {
	scenarios["registers a name twice"] = func() {
		f := func(context.Context, int) (int, error) { return 0, nil }
		multiproc.Func("once", f)
		multiproc.Func("once", f)
	}
	scenarios["registers without a name"] = func() {
		multiproc.Func("", func(context.Context, int) (int, error) { return 0, nil })
	}
	scenarios["registers nil"] = func() {
		multiproc.Func[int, int]("nothing", nil)
	}
	scenarios["starts without Init"] = func() {
		_, err := pid.Start(context.Background(), multiproc.None{})
		fmt.Println(errors.Is(err, multiproc.ErrNoMain), err)
	}
}

func TestFunc_panicsWithTheNameAtFault(t *testing.T) {
	for name, want := range map[string]string{
		"registers a name twice":   `Func("once"): the name is taken`,
		"registers without a name": `the name is empty`,
		"registers nil":            `Func("nothing"): the function is nil`,
	} {
		if out := runScenario(t, name); out.code != 2 || !strings.Contains(out.stderr, want) {
			t.Errorf("%s: exit status %d, %s", name, out.code, out.stderr)
		}
	}
}

func TestErrNoMain_showsTheLineToAdd(t *testing.T) {
	out := runScenario(t, "starts without Init")
	if !strings.HasPrefix(out.stdout, "true ") || !strings.Contains(out.stdout, "multiproc.Init()") {
		t.Errorf("got %q", out.stdout)
	}
}
