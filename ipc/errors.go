package ipc

import (
	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Errors, for errors.Is.
var (
	ErrBroken   = driver.ErrBroken   // a party of the barrier has given up or died, or somebody has reset it
	ErrClosed   = driver.ErrClosed   // the space or the object has been closed or deleted
	ErrCorrupt  = driver.ErrCorrupt  // the file is no space, or one that somebody has written into
	ErrEmpty    = driver.ErrEmpty    // the queue has nothing to get
	ErrExists   = driver.ErrExists   // there is one already
	ErrFull     = driver.ErrFull     // the queue has no room
	ErrLocked   = driver.ErrLocked   // another has the lock
	ErrLost     = driver.ErrLost     // the holding ended by itself: only where a lock is a lease
	ErrMismatch = driver.ErrMismatch // the object is there, but is not what it is opened as
	ErrNotFound = driver.ErrNotFound // there is none of that name
	ErrNotHeld  = driver.ErrNotHeld  // the holding has ended before, or the process has not so many permits
	ErrNoSpace  = driver.ErrNoSpace  // the space, the machine or the control group is full
	ErrRange    = driver.ErrRange    // the number is not one of those that are allowed there
	ErrTooLarge = driver.ErrTooLarge // the value, or the name, has more bytes than fit
	ErrType     = driver.ErrType     // the value cannot be shared there
	ErrVersion  = driver.ErrVersion  // another version of this library made the space, or another boot
)

func init() {
	for name, sentinel := range map[string]error{
		"ipc.ErrBroken": ErrBroken, "ipc.ErrRange": ErrRange, "ipc.ErrEmpty": ErrEmpty, "ipc.ErrFull": ErrFull,
		"ipc.ErrClosed": ErrClosed, "ipc.ErrCorrupt": ErrCorrupt, "ipc.ErrExists": ErrExists, "ipc.ErrLocked": ErrLocked,
		"ipc.ErrLost": ErrLost, "ipc.ErrMismatch": ErrMismatch, "ipc.ErrNotFound": ErrNotFound, "ipc.ErrNotHeld": ErrNotHeld,
		"ipc.ErrNoSpace": ErrNoSpace, "ipc.ErrTooLarge": ErrTooLarge, "ipc.ErrType": ErrType, "ipc.ErrVersion": ErrVersion,
	} {
		codec.Register(name, sentinel)
	}
}
