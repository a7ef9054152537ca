package ipc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Conn is one end of a connection: it sends S and receives R, which are types that
// cross processes (see multiproc.Func). Each value arrives whole, once, in the order of
// sending; where several goroutines or processes have an end, each value goes to one of
// those who receive.
//
// An end is gone once every process that had it has closed it or is dead. The other
// then receives what is left, and after it io.EOF; Send to it is io.ErrClosedPipe. A
// connection is gone, and its memory free, with both ends.
//
// NewPipe gives this process one hold of each end, and each arrival of an end, in an
// input or a message, is one more: Close ends one, and a hold that nobody can reach any
// more ends by itself, as an [os.File] is closed. So close what is handed on, or the
// other end waits for this process too; and keep a Conn for as long as the end is to be
// there, by a deferred Close for example.
//
// Order:    a Send synchronizes before the Recv that returns its value; values of one sender arrive in their order, those of several in one order that they all fit into.
// Crash:    a value is sent whole or not at all; who dies in Recv takes at most that one value along. The end goes with the last process that has it, and the other end is told within milliseconds.
// Fairness: those who send, and those who receive, at one end take turns roughly as they come; one that is running may barge in.
// Cost:     a copy in and a copy out, of what is encoded, and some twenty atomic instructions; no system call but to wake one who sleeps. At most 1 MiB and one value is under way each way. A process that is stopped inside Send or Recv holds those up who use the same direction.
type Conn[S, R any] struct {
	handle[driver.Pipe]
	sends    *codec.Codec[S]
	receives *codec.Codec[R]
}

// NewPipe makes a connection; what one end sends, the other receives. It needs no
// Delete: it goes when both ends are gone.
//
// A child has the ends in its input as soon as Start has returned, so that the parent may
// close its own hold of them; for the processes of a Supervisor somebody must keep them
// as long as it may start one. An end that is sent in a message must be kept until it has
// arrived: who receives one that is gone gets ErrNotFound. So it is with a function's
// result, which arrives when the process that sent it has ended. In a Value, a Dict or a
// List an end is ErrType.
func NewPipe[A, B any](ctx context.Context, s *Space) (*Conn[A, B], *Conn[B, A], error) {
	a, of, err := ends[A, B](0)
	if err != nil {
		return nil, nil, fmt.Errorf("make pipe: %w", err)
	}
	one, two, err := s.driver.NewPipe(ctx, of)
	if err != nil {
		return nil, nil, fmt.Errorf("make pipe: %w", err)
	}
	b := &Conn[B, A]{sends: a.receives, receives: a.sends}
	a.handle, b.handle = handle[driver.Pipe]{one, s, "pipe"}, handle[driver.Pipe]{two, s, "pipe"}
	a.settle()
	b.settle()
	return a, b, nil
}

// ends returns that end of a connection without its handle, and the connection's type:
// both ends' in their order.
func ends[S, R any](end int) (*Conn[S, R], driver.Type, error) {
	sends, first, err := elementOf[S]()
	if err != nil {
		return nil, first, err
	}
	receives, second, err := elementOf[R]()
	if err != nil {
		return nil, second, err
	}
	if end == 1 {
		first, second = second, first
	}
	sum := sha256.Sum256(append(first.Fingerprint[:], second.Fingerprint[:]...))
	of := driver.Type{Name: first.Name + ", " + second.Name, Fingerprint: [16]byte(sum[:16])}
	return &Conn[S, R]{sends: sends, receives: receives}, of, nil
}

// settle says what may be sent, before anything is.
func (c *Conn[S, R]) settle() {
	within(c.sends, c.space)
	within(c.receives, c.space)
}

// Send sends v. It waits while more than 1 MiB is under way to the other end, until ctx
// ends. It returns io.ErrClosedPipe once the other end is gone. A v of more bytes than
// fit is ErrTooLarge, and one that the space has no room for ErrNoSpace.
func (c *Conn[S, R]) Send(ctx context.Context, v S) error {
	r := takeRoom()
	data, err := c.sends.EncodeIn(r.bytes, &v)
	if err != nil {
		err = notEncoded(err)
	} else {
		err = c.object.Send(ctx, data)
	}
	if !c.sends.Takes() {
		r.bytes = data // which may have grown
	}
	r.giveBack()
	if errors.Is(err, io.ErrClosedPipe) {
		return io.ErrClosedPipe
	}
	return c.failed("send to", err)
}

// Recv returns the oldest value that was sent to this end; it waits while there is none,
// until ctx ends. It returns io.EOF once the other end is gone and nothing is left. What
// it takes is this process's: if that dies, or cannot decode the value since an end in it
// is gone, it is lost.
func (c *Conn[S, R]) Recv(ctx context.Context) (R, error) {
	if c.receives.Takes() {
		data, err := c.object.Recv(ctx, nil)
		return c.received(data, err)
	}
	r := takeRoom()
	defer r.giveBack()
	data, err := c.object.Recv(ctx, r.bytes[:0])
	r.bytes = data // which may have grown
	return c.received(data, err)
}

func (c *Conn[S, R]) received(data []byte, err error) (v R, _ error) {
	switch {
	case errors.Is(err, io.EOF):
		return v, io.EOF
	case err == nil:
		err = c.receives.Take(data, &v)
	}
	return v, c.failed("receive from", err)
}

// Poll reports whether Recv would return at once: with a value, or with io.EOF.
func (c *Conn[S, R]) Poll(ctx context.Context) (bool, error) {
	ready, err := c.object.Poll(ctx)
	return ready, c.failed("poll", err)
}

// Close ends this process's hold of the end: one of them, where the end has arrived here
// more than once. What was sent stays under way. Send, Recv and Poll of c, those that
// wait too, return ErrClosed; the second Close does nothing.
func (c *Conn[S, R]) Close() error {
	return c.failed("close", c.object.Close())
}

// pipeOf opens that end of pipes of a type.
func pipeOf(of driver.Type, end int) opener[driver.Pipe] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Pipe, error) {
		return s.OpenPipe(ctx, which, of, end)
	}
}

// An end crosses to another process as which one it is (1 byte), and then as all handles
// do.

// MarshalBinary lets the end stand in what processes send one another. It has to be kept
// until it has arrived.
func (c *Conn[S, R]) MarshalBinary() ([]byte, error) {
	data, err := c.marshal()
	if err != nil {
		return nil, err
	}
	if _, err := c.object.Poll(context.Background()); err != nil {
		return nil, c.failed("send an end of", err)
	}
	return append([]byte{byte(c.object.End())}, data...), nil
}

// UnmarshalBinary takes hold of the end that another process has sent, which must be one
// of the same types: ErrMismatch where it is not, and ErrNotFound where the end is gone.
func (c *Conn[S, R]) UnmarshalBinary(data []byte) error {
	if len(data) == 0 || data[0] > 1 {
		return errors.New("ipc: no end of a pipe")
	}
	arrived, of, err := ends[S, R](int(data[0]))
	if err != nil {
		return fmt.Errorf("receive pipe: %w", err)
	}
	if err := arrived.unmarshal(data[1:], pipeOf(of, int(data[0])), "pipe"); err != nil {
		return err
	}
	arrived.settle()
	*c = *arrived
	return nil
}

// isEnd marks what cannot be kept for whoever comes: see kept.
func (c *Conn[S, R]) isEnd() {}
