package driver

import (
	"errors"
	"fmt"
)

// The errors of package ipc, whose variables these are.
var (
	ErrBroken   = errors.New("ipc: barrier broken")
	ErrClosed   = errors.New("ipc: closed")
	ErrCorrupt  = errors.New("ipc: not a space, or a damaged one")
	ErrEmpty    = errors.New("ipc: queue empty")
	ErrExists   = errors.New("ipc: exists already")
	ErrFull     = errors.New("ipc: queue full")
	ErrLocked   = errors.New("ipc: locked")
	ErrLost     = errors.New("ipc: lock lost")
	ErrMismatch = errors.New("ipc: object has another kind, type or configuration")
	ErrNotFound = errors.New("ipc: not found")
	ErrNotHeld  = errors.New("ipc: not held")
	ErrNoSpace  = errors.New("ipc: space full")
	ErrRange    = errors.New("ipc: index out of range")
	ErrTooLarge = errors.New("ipc: value too large")
	ErrType     = errors.New("ipc: type cannot be shared")
	ErrVersion  = errors.New("ipc: space of another version")
)

// ErrDone is the ErrClosed of a queue that was closed and has nothing left: who took
// from it has had it all. One that was deleted, or whose space was closed, may have
// had more.
var ErrDone = fmt.Errorf("%w, and nothing is left", ErrClosed)
