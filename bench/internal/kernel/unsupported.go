//go:build !linux

package kernel

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

// A Set is descriptors of processes.
type Set struct{}

// Open is supported on Linux only.
func Open([]int) (Set, error) { return Set{}, errors.ErrUnsupported }

// Await is supported on Linux only.
func (Set) Await(time.Duration) (bool, error) { return false, errors.ErrUnsupported }

// Kill does nothing: there is no set.
func (Set) Kill() {}

// Close does nothing: there is no set.
func (Set) Close() {}

// DieWithThread is supported on Linux only, and does nothing.
func DieWithThread(*exec.Cmd) {}

// A Clock reads CLOCK_MONOTONIC.
type Clock struct{}

// NewClock is supported on Linux only.
func NewClock() (Clock, error) { return Clock{}, errors.ErrUnsupported }

// Now is in nanoseconds.
func (Clock) Now() int64 { return 0 }

// At is the time of the system's clock as this program's.
func (Clock) At(int64) time.Time { return time.Time{} }

// ProcessorTime is supported on Linux only.
func ProcessorTime() (time.Duration, error) { return 0, errors.ErrUnsupported }

// Flock is supported on Linux only.
func Flock(*os.File) error { return errors.ErrUnsupported }

// Funlock is supported on Linux only.
func Funlock(*os.File) error { return errors.ErrUnsupported }

// MakePipe is supported on Linux only.
func MakePipe(string) error { return errors.ErrUnsupported }
