package driver

import "context"

// Pipes are the connections of a space.
type Pipes interface {
	// NewPipe makes a connection, under a fresh name, and returns its ends.
	NewPipe(ctx context.Context, of Type) (Pipe, Pipe, error)

	// OpenPipe takes hold of an end, 0 or 1, that somebody else holds: ErrNotFound where
	// nobody does any more.
	OpenPipe(ctx context.Context, which Which, of Type, end int) (Pipe, error)
}

// A Pipe is one hold of one end of a connection. Its methods return ErrClosed once it
// is closed. It is closed when nobody can reach it, too.
type Pipe interface {
	Object
	End() int

	// Send waits while more than 1 MiB is under way; io.ErrClosedPipe once the other end
	// is gone: nobody holds it.
	Send(ctx context.Context, data []byte) error

	// Recv appends the oldest message to buf; io.EOF once there is none and the other
	// end is gone.
	Recv(ctx context.Context, buf []byte) ([]byte, error)

	// Poll reports whether Recv would return at once.
	Poll(ctx context.Context) (bool, error)

	Close() error
}
