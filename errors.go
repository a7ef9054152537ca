package multiproc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multiproc-go/multiproc/internal/codec"
)

// Errors, for [errors.Is].
var (
	// ErrNoMain is the error of every start in a process where neither Main nor
	// Init has run: a child of it would run the program from its beginning
	// instead of the function, and start children of its own for ever.
	ErrNoMain = errors.New("multiproc: neither Main nor Init has run in this process; " +
		"begin func main with multiproc.Init(), or make it multiproc.Main(run); in tests: func TestMain(m *testing.M) { multiproc.Init(); m.Run() }")

	ErrTimeout = errors.New("multiproc: time limit passed")           // by WithTimeout
	ErrMemory  = errors.New("multiproc: memory limit passed")         // by WithMemoryLimit
	ErrCPU     = errors.New("multiproc: processor time limit passed") // by WithCPULimit
)

func init() {
	codec.Register("multiproc.ErrNoMain", ErrNoMain)
	codec.Register("multiproc.ErrTimeout", ErrTimeout)
	codec.Register("multiproc.ErrMemory", ErrMemory)
	codec.Register("multiproc.ErrCPU", ErrCPU)
	codec.FromWire = func(e *codec.Error) error { return newRemoteError(e) }
}

// RegisterError lets [errors.Is] find sentinel in an error that crossed
// processes. The errors of context, io, io/fs, syscall and this module need no
// registering. Types of errors do not cross: [errors.As] finds a *RemoteError.
// Call it where both processes do, best from an init function; name is what
// crosses. It panics on a nil sentinel and on a name taken by another one.
func RegisterError(name string, sentinel error) { codec.Register(name, sentinel) }

// RemoteError is an error that a function returned in another process, or one
// that stood in a value that came from there. [errors.Is] finds in it what the
// error was there, as far as RegisterError knows it.
type RemoteError struct {
	Func string // the function that process ran; empty in the first process
	PID  int
	Msg  string

	wire *codec.Error
}

func newRemoteError(e *codec.Error) *RemoteError {
	return &RemoteError{Func: e.Func, PID: e.PID, Msg: e.Msg, wire: e}
}

// Error tells the function, its process and the message.
func (e *RemoteError) Error() string {
	return in(e.Func, e.PID) + ": " + e.Msg
}

// Is tells whether the error matched target in its own process.
func (e *RemoteError) Is(target error) bool { return e.wire != nil && e.wire.Is(target) }

// Wire is what crosses when the error is sent on.
func (e *RemoteError) Wire() *codec.Error {
	if e.wire == nil { // one that the user made
		return &codec.Error{Func: e.Func, PID: e.PID, Msg: e.Msg}
	}
	return e.wire
}

// in says where something happened.
func in(function string, pid int) string {
	if function == "" {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("%s in process %d", function, pid)
}

// PanicError is a panic of a function in another process.
type PanicError struct {
	Func  string
	PID   int
	Value string // what it panicked with, as text
	Stack string // of the goroutine that panicked
}

// Error tells the function, its process and what it panicked with, but not the
// stack.
func (e *PanicError) Error() string {
	return in(e.Func, e.PID) + " panicked: " + e.Value
}

// ExitError is the end of a process that gave no result.
type ExitError struct {
	Func string
	PID  int
	Exit Exit

	// Stderr is the last 4 KiB that the process wrote there, as far as it went
	// through the parent (WithStderr, WithLinePrefix), without the prefix; else the
	// first 4 KiB of what the Go runtime said as the process crashed.
	Stderr string

	cause   string  // why it crashed, in a line; may be empty
	limit   string  // that ended it, with its size; may be empty
	matches []error // of the limit, and what the function said when it was ended
}

// Error tells the function, its process, how it ended, and why it crashed where
// the Go runtime said that.
func (e *ExitError) Error() string {
	text := in(e.Func, e.PID)
	if e.limit != "" {
		text += " was ended by its " + e.limit + ": " + e.Exit.String()
	} else {
		text += " ended without a result: " + e.Exit.String()
	}
	if e.cause != "" {
		text += ": " + e.cause
	}
	return text
}

// Unwrap returns what the error is besides: [ErrTimeout], [ErrMemory] or [ErrCPU]
// where a limit ended the process, and the error that the function returned when
// it was stopped by one.
func (e *ExitError) Unwrap() []error { return e.matches }

// causes are what the lines begin with in which the Go runtime names why it
// crashed.
var causes = []string{"panic: ", "fatal error: ", "SIGSEGV: ", "SIGABRT: ", "SIGBUS: ", "SIGFPE: ", "SIGILL: ", "SIGQUIT: ", "runtime: goroutine stack exceeds "}

// causeOf finds such a line. (Of a fatal error the runtime says it on standard
// error alone.)
func causeOf(text string) string {
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(causes, func(c string) bool { return strings.HasPrefix(line, c) }) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// crashedIn finds in a crash report the function that gave up, where nothing else
// tells the cause.
func crashedIn(report string) string {
	for line := range strings.Lines(report) {
		call, _, ok := strings.Cut(line, "(")
		if ok && (strings.HasSuffix(call, ".fatal") || strings.HasSuffix(call, ".throw")) {
			return "crashed in " + call
		}
	}
	return ""
}

// An endedError is the error of a process whose context ended.
type endedError struct {
	err   error // what became of the process
	ended error // its context's
}

func (e *endedError) Error() string   { return e.err.Error() + " (" + e.ended.Error() + ")" }
func (e *endedError) Unwrap() []error { return []error{e.err, e.ended} }

// contextError is the error of a context that has ended, with its cause, nil
// while it has not.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
