package shm

import (
	"errors"
	"fmt"
)

// The errors of package ipc, which names the same values. They stand here since
// it is here that they occur.
var (
	ErrClosed   = errors.New("ipc: closed")
	ErrCorrupt  = errors.New("ipc: not a space, or a damaged one")
	ErrLocked   = errors.New("ipc: locked")
	ErrMismatch = errors.New("ipc: object has another kind, type or configuration")
	ErrNotFound = errors.New("ipc: not found")
	ErrNotHeld  = errors.New("ipc: not held")
	ErrNoSpace  = errors.New("ipc: space full")
	ErrVersion  = errors.New("ipc: space of another version")
	ErrTooLarge = errors.New("ipc: value too large")
)

func spaceFull(why error) error { return fmt.Errorf("%w: %w", ErrNoSpace, why) }

var (
	errGone      = errors.New("object deleted meanwhile")
	errGaveUp    = errors.New("the wait was given up")
	errTableFull = errors.New("it has as many objects as it can have")
	errNamesFull = errors.New("too many objects' names have the same hash")
)
