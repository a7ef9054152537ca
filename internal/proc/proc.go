// Package proc starts this program again as a child process, tells it what to
// do, hears what became of it, and ends it together with what it started.
//
// A child is /proc/self/exe, marked by an environment variable (see package
// early) and connected by one socket, its life line: over it the child gets one
// message, what to run, and sends one back, the result; its end tells each side
// that the other is gone.
package proc

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrUnsupported is why nothing starts on systems other than Linux.
var ErrUnsupported = errUnsupported{}

type errUnsupported struct{}

func (errUnsupported) Error() string   { return "processes are supported on Linux only" }
func (errUnsupported) Is(t error) bool { return t == errors.ErrUnsupported }

// A Command says how to start a child.
type Command struct {
	Name   string   // what ps shows of it
	Daemon bool     // it dies with this process, and its group with it
	Env    []string // "KEY=value", added to this process's; the last of a key counts
	Dir    string   // working directory; empty: this process's
	Stdin  *os.File // the child's own; each stays open here
	Stdout *os.File
	Stderr *os.File
	Files  []*os.File

	User        *User         // nil: this process's
	Nice        int           // added to this process's
	CPULimit    time.Duration // for the kernel to enforce, in whole seconds; 0: none
	MemoryLimit bool          // its memory will be watched
}

// A User is whom a process belongs to. It is in no further groups.
type User struct{ UID, GID int }

// Status is how a process ended and what it used.
type Status struct {
	Code   int // exit code, or -1 when a signal ended it
	Signal syscall.Signal
	Wall   time.Duration
	User   time.Duration
	System time.Duration
	MaxRSS int64 // bytes
}
