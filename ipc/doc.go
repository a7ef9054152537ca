// Package ipc holds what processes share: locks, conditions, events, values, queues,
// connections, services and raw memory, by name, in a Space. Any process may be
// killed at any instruction: the others go on, nothing is corrupted, and no lock stays
// held by the dead.
//
// OpenX(ctx, space, name) attaches to the object of that name, or creates it. An
// object of that name with another kind, element type or configuration is
// ErrMismatch, and the error says what differs. An empty name makes a new object
// with a fresh name, which its Name method tells; a name has at most 136 bytes.
// Objects live until they are deleted or their space ends, so an object made for a
// while wants a Delete.
//
// Handles (*Mutex, *Value[T], ...), nil ones too, may stand in a child's input and
// in a message: whoever receives one has the same object; where it lives in a space
// opened by name, the receiver opens that space by itself. A handle of the family's
// space cannot be stored in a space opened by name: ErrType. All are safe for
// concurrent use by goroutines and processes.
//
// Every method that may wait, or that a network may stand behind, takes a context
// and returns an error; a non-nil error means that nothing was done, unless the
// method says otherwise. A lock or a flag that can be had at once is had without a
// look at the context.
//
// A process that is stopped (SIGSTOP) is alive: what it holds stays held. A process
// is dead once the kernel has freed what it had: for one of many gigabytes that
// takes a while. C code that forks without an exec keeps the proof that its parent
// lives, and what that held, until it ends.
package ipc
