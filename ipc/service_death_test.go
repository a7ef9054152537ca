//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func TestService_theRequestOfAServerThatIsKilledGoesToAnother(t *testing.T) {
	v := openText(t, "killed server")
	c := startServer(t, "killed server")
	first := call(background, v, "obey")
	c.expect("serving")
	other := startServer(t, "killed server")
	killed := time.Now()
	c.kill()
	other.expect("serving")
	t.Logf("another served the request %v after the kill", time.Since(killed))
	other.tell("done")
	(<-first).is(t, "done")
	must(t, family(t).Check(background))
}

func TestService_theRequestOfAServerThatIsKilledComesBeforeTheOthers(t *testing.T) {
	v := openText(t, "comes back")
	c := startServer(t, "comes back")
	first, second := call(background, v, "obey"), call(background, v, "obey")
	c.expect("serving")
	c.expect("serving")
	third := call(background, v, "third")
	untilCalls(t, "comes back", 1)
	c.kill()
	untilCalls(t, "comes back", 3) // this process calls, and so sees to the dead
	var order []string
	serve(t, v, 1, func(_ context.Context, request string) (string, error) {
		order = append(order, request)
		return "", nil
	})
	for _, c := range []chan answer{first, second, third} {
		(<-c).is(t, "")
	}
	if got := strings.Join(order, " "); got != "obey obey third" {
		t.Errorf("served in the order %s", got)
	}
}

func TestService_aRequestThatEndsThreeServersIsServedNoMore(t *testing.T) {
	v := openText(t, "poison")
	calls := []chan answer{call(background, v, "die")}
	var last *child
	for range 3 {
		last = startServer(t, "poison")
		last.wait()
	}
	err := (<-calls[0]).err
	var failed *ipc.ServiceError
	if !errors.As(err, &failed) || failed.PID != last.cmd.Process.Pid || !strings.Contains(failed.Msg, "3 processes have ended") {
		t.Errorf("Call returns %v", err)
	}
	startServer(t, "poison") // lives: nothing is left of it
	(<-call(background, v, "x")).is(t, "re x")
	must(t, family(t).Check(background))
}

func TestService_theFunctionsContextEndsWithTheCallers(t *testing.T) {
	v := openText(t, "gives up")
	c := startServer(t, "gives up")
	ctx, cancel := context.WithCancel(background)
	served := call(ctx, v, "listen")
	c.expect("serving")
	cancel()
	if err := (<-served).err; !errors.Is(err, context.Canceled) || errors.As(err, new(*ipc.ServiceError)) {
		t.Errorf("Call returns %v", err)
	}
	c.expect("context canceled: ipc: the caller waits for the answer no more")
	(<-call(background, v, "x")).is(t, "re x")
}

func TestService_theFunctionsContextEndsWhenTheCallerIsKilled(t *testing.T) {
	openText(t, "killed caller")
	c, caller := startServer(t, "killed caller"), startCaller(t, "killed caller")
	caller.tell("listen")
	c.expect("serving")
	caller.kill()
	c.expect("context canceled: ipc: the caller waits for the answer no more")
	must(t, family(t).Check(background))
}

func TestService_aFunctionThatLooksAtItsContextNowAndThenSeesItEnd(t *testing.T) {
	v := openText(t, "")
	serving, saw := make(chan struct{}), make(chan error)
	serve(t, v, 1, func(ctx context.Context, _ string) (string, error) {
		if err := ctx.Err(); err != nil {
			t.Errorf("at first the context says %v", err)
		}
		close(serving)
		until(t, "the context has ended", func() bool { return ctx.Err() != nil })
		saw <- context.Cause(ctx)
		return "", nil
	})
	ctx, cancel := context.WithCancel(background)
	call(ctx, v, "")
	<-serving
	cancel()
	if err := <-saw; err == nil || !strings.Contains(err.Error(), "waits for the answer no more") {
		t.Errorf("the cause is %v", err)
	}
}

func TestService_aCallThatHasGivenUpIsNotServedAndLeavesNothing(t *testing.T) {
	v := openText(t, "not served")
	before := statOf(t, "not served")
	ctx, cancel := context.WithCancel(background)
	gaveUp, killed := call(ctx, v, "gives up"), startCaller(t, "not served")
	untilCalls(t, "not served", 1)
	killed.tell("is killed")
	untilCalls(t, "not served", 2)
	cancel()
	if err := (<-gaveUp).err; !errors.Is(err, context.Canceled) {
		t.Errorf("Call returns %v", err)
	}
	killed.kill()
	untilCalls(t, "not served", 0)                                                              // Stats sees to the dead
	if after := statOf(t, "not served"); after.Waiters != 0 || after.Bytes > before.Bytes+512 { // an annex
		t.Errorf("%+v has become %+v", before, after)
	}
	serve(t, v, 1, func(_ context.Context, request string) (string, error) { return request, nil })
	(<-call(background, v, "x")).is(t, "x")
	if _, err := v.Call(ctx, "late"); !errors.Is(err, context.Canceled) {
		t.Errorf("Call with a context that has ended returns %v", err)
	}
}

func TestService_aServerThatIsStoppedHoldsUpItsOwnRequestAlone(t *testing.T) {
	v := openText(t, "stopped server")
	c := startServer(t, "stopped server")
	first := call(background, v, "obey")
	c.expect("serving")
	c.signal(syscall.SIGSTOP)
	other := startServer(t, "stopped server")
	for range 100 {
		(<-call(background, v, "x")).is(t, "re x")
	}
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond) // several looks
	defer cancel()
	stuck := call(ctx, v, "y")
	select {
	case a := <-first:
		t.Errorf("the call whose server is stopped returns %q, %v", a.text, a.err)
	case <-ctx.Done():
	}
	(<-stuck).is(t, "re y")
	c.signal(syscall.SIGCONT)
	c.tell("at last")
	(<-first).is(t, "at last")
	other.kill()
}

func TestService_aCallerThatIsStoppedDisturbsNobody(t *testing.T) {
	v := openText(t, "stopped caller")
	caller := startCaller(t, "stopped caller")
	caller.tell("x")
	untilCalls(t, "stopped caller", 1)
	caller.signal(syscall.SIGSTOP)
	startServer(t, "stopped caller")
	(<-call(background, v, "y")).is(t, "re y")
	caller.signal(syscall.SIGCONT)
	caller.expect("re x <nil>")
}

func TestServe_endsWithItsContextAndTheAnswerStands(t *testing.T) {
	v := openText(t, "")
	ctx, cancel := context.WithCancel(background)
	serving, served := make(chan struct{}), make(chan error)
	go func() {
		served <- v.Serve(ctx, func(ctx context.Context, request string) (string, error) {
			close(serving)
			<-ctx.Done()
			return request + " at the end", nil
		})
	}()
	c := call(background, v, "x")
	<-serving
	later := call(background, v, "later")
	untilCalls(t, v.Name(), 1)
	cancel()
	must(t, <-served)
	(<-c).is(t, "x at the end")
	must(t, v.Serve(ctx, func(context.Context, string) (string, error) {
		t.Error("a request is served with a context that has ended")
		return "", nil
	}))
	idle, end := context.WithCancel(background)
	go func() {
		served <- v.Serve(idle, func(context.Context, string) (string, error) { return "served", nil })
	}()
	(<-later).is(t, "served")
	untilWaiters(t, v.Name(), 1)
	end()
	must(t, <-served)
}
