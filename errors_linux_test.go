package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/multiproc-go/multiproc"
)

var errSoldOut = errors.New("sold out")
var errUnknownHere = errors.New("nobody registered this")

func init() { multiproc.RegisterError("multiproc_test.errSoldOut", errSoldOut) }

var fail *multiproc.Function[string, string]

func init() { fail = multiproc.Func("fail", failing) } // it starts itself

func failing(_ context.Context, how string) (string, error) {
	switch how {
	case "registered":
		return "a result beside it", fmt.Errorf("buy: %w", errSoldOut)
	case "unregistered":
		return "", errUnknownHere
	case "file":
		_, err := os.Open("/does/not/exist")
		return "", err
	case "joined":
		return "", errors.Join(errSoldOut, fs.ErrPermission, syscall.EPIPE)
	case "panic":
		return "", explode(0)
	case "panic in a goroutine":
		go func() { panic("boom in the background") }()
		select {}
	case "fatal error":
		new(sync.Mutex).Unlock()
	case "exit":
		os.Exit(3)
	case "exit 0":
		os.Exit(0)
	case "killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "goexit":
		runtime.Goexit()
	case "panicking error":
		return "", (*brokenError)(nil)
	case "grandchild":
		return fail.Call(context.Background(), "registered")
	}
	return how, nil
}

type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

//go:noinline
func explode(depth int) error {
	var list []int
	return errors.New(strconv.Itoa(list[depth+5]))
}

func TestRemoteError_isWhatTheFunctionReturned(t *testing.T) {
	out, err := fail.Call(within(t), "registered")
	var remote *multiproc.RemoteError
	if !errors.As(err, &remote) {
		t.Fatalf("got %#v, want a *RemoteError", err)
	}
	if !errors.Is(err, errSoldOut) || errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v: is errSoldOut %v, is ErrNotExist %v", err, errors.Is(err, errSoldOut), errors.Is(err, os.ErrNotExist))
	}
	if want := fmt.Sprintf("fail in process %d: buy: sold out", remote.PID); err.Error() != want || remote.Func != "fail" {
		t.Errorf("got %q, want %q", err, want)
	}
	if out != "a result beside it" {
		t.Errorf("the result beside the error is %q", out)
	}
}

func TestRemoteError_matchesStandardErrorsWithoutRegistering(t *testing.T) {
	_, err := fail.Call(within(t), "file")
	if !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EPERM) {
		t.Errorf("%v: want it to match fs.ErrNotExist and ENOENT alone", err)
	}
	_, err = fail.Call(within(t), "joined")
	for _, want := range []error{errSoldOut, fs.ErrPermission, syscall.EPIPE} {
		if !errors.Is(err, want) {
			t.Errorf("%v does not match %v", err, want)
		}
	}
	_, err = fail.Call(within(t), "unregistered")
	if errors.Is(err, errUnknownHere) || !strings.Contains(err.Error(), "nobody registered this") {
		t.Errorf("an unregistered error: got %v, want its text alone", err)
	}
}

func TestRemoteError_keepsItsOriginThroughTwoProcesses(t *testing.T) {
	_, err := fail.Call(within(t), "grandchild")
	if !errors.Is(err, errSoldOut) || !strings.HasSuffix(err.Error(), ": buy: sold out") {
		t.Errorf("got %v", err)
	}
}

func TestRemoteError_survivesAnErrorWhoseTextPanics(t *testing.T) {
	_, err := fail.Call(within(t), "panicking error")
	var remote *multiproc.RemoteError
	if !errors.As(err, &remote) {
		t.Errorf("got %#v, want a *RemoteError", err)
	}
}

func TestPanicError_hasTheValueAndTheStackOfTheChild(t *testing.T) {
	p, err := fail.Start(t.Context(), "panic")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Wait(within(t))
	var panicked *multiproc.PanicError
	if !errors.As(err, &panicked) {
		t.Fatalf("got %#v, want a *PanicError", err)
	}
	if want := fmt.Sprintf("fail in process %d panicked: runtime error: index out of range [5] with length 0", p.PID()); err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !strings.Contains(panicked.Stack, "explode") {
		t.Errorf("the stack does not show the function that panicked:\n%s", panicked.Stack)
	}
}

func TestExitError_tellsHowAProcessEndedWithoutAWord(t *testing.T) {
	for how, want := range map[string]struct {
		text string
		exit multiproc.Exit
	}{
		"panic in a goroutine": {"exit status 2: panic: boom in the background", multiproc.Exit{Code: 2}},
		"fatal error":          {"exit status 2: fatal error: sync: unlock of unlocked mutex", multiproc.Exit{Code: 2}},
		"exit":                 {"exit status 3", multiproc.Exit{Code: 3}},
		"exit 0":               {"exit status 0", multiproc.Exit{Code: 0}},
		"killed":               {"signal: killed", multiproc.Exit{Code: -1, Signal: syscall.SIGKILL}},
	} {
		t.Run(how, func(t *testing.T) {
			p, err := fail.Start(t.Context(), how, multiproc.WithStderr(discard{}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Wait(within(t))
			var exit *multiproc.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("got %#v, want an *ExitError", err)
			}
			full := fmt.Sprintf("fail in process %d ended without a result: %s", p.PID(), want.text)
			if err.Error() != full || exit.Exit.Code != want.exit.Code || exit.Exit.Signal != want.exit.Signal {
				t.Errorf("got  %q (%+v)\nwant %q", err, exit.Exit, full)
			}
			if exit.PID != p.PID() || exit.Func != "fail" {
				t.Errorf("it names process %d, function %q", exit.PID, exit.Func)
			}
		})
	}
}

// discard is a writer that is no file.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestExitError_hasTheEndOfStandardError(t *testing.T) {
	_, err := scream.Call(within(t), 100_000, multiproc.WithStderr(discard{}))
	var exit *multiproc.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) != 4<<10 || !strings.HasSuffix(exit.Stderr, "the end\n") {
		t.Errorf("got %v with %d bytes of standard error, want the last 4 KiB", err, len(exit.Stderr))
	}
}

var scream = multiproc.Func("scream", func(_ context.Context, n int) (multiproc.None, error) {
	os.Stderr.WriteString(strings.Repeat("x", n) + "the end\n")
	os.Exit(7)
	return multiproc.None{}, nil
})

func TestExitError_hasTheCrashReportWhenStandardErrorIsNotRead(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	_, err = fail.Call(within(t), "panic in a goroutine", multiproc.WithStderr(null))
	var exit *multiproc.ExitError
	if !errors.As(err, &exit) || !strings.HasPrefix(exit.Stderr, "panic: boom in the background") || !strings.Contains(exit.Stderr, "goroutine ") {
		t.Errorf("got %v with %q", err, exit.Stderr)
	}
}

func TestWait_tellsOfAFunctionThatEndedItsGoroutine(t *testing.T) {
	_, err := fail.Call(within(t), "goexit")
	if err == nil || !strings.Contains(err.Error(), "runtime.Goexit") {
		t.Errorf("got %v", err)
	}
}
