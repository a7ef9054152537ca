//go:build !linux

package kernel

import (
	"errors"
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
