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

// ErrDone is ErrClosed where that is the end of the work: a queue is closed, and nothing
// is left in it or will come back.
var ErrDone = fmt.Errorf("%w, and nothing is left", ErrClosed)
