package driver

import "context"

// A Service brings calls to those who serve it, and their answers back.
type Service interface {
	Object

	// Call sends a request and waits for the reply, whose data it appends to buf. Where
	// ctx ends first, the request may be served all the same.
	Call(ctx context.Context, request, buf []byte) (Reply, error)

	// Take waits for a request, whose data it appends to buf, and has the caller serve it,
	// until Answer or GiveBack, or the process's death: then another takes it.
	Take(ctx context.Context, buf []byte) (Request, error)

	// Answer ends the serving, also where nobody waits for the answer any more. After
	// another error than ErrNotHeld or ErrClosed it has not, and a shorter answer may be
	// tried; one of MinAnswer bytes always has room.
	Answer(r Request, answer []byte) error

	// GiveBack lets another serve the request, as if it had not been taken.
	GiveBack(r Request) error

	// Wanted reports whether somebody waits for the answer; AwaitUnwanted returns nil
	// when nobody does.
	Wanted(r Request) bool
	AwaitUnwanted(ctx context.Context, r Request) error
}

// MinAnswer is how long an answer is for which there is always room.
const MinAnswer = 96

// A Request is a call that is being served. A copy of it is the same one.
type Request struct {
	Data []byte
	Own  [2]uint64 // the driver's
}

// A Reply is what has become of a call.
type Reply struct {
	Data []byte
	PID  int // of the process that has served it, as it knows itself
	Ends int // how many processes have ended while they served it; not 0: it is served no more, and there is no answer
}
