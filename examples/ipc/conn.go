package main

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// A connEnd sends blocks as messages over a connection.
type connEnd struct {
	conn  *ipc.Conn[[]byte, []byte]
	bytes []byte
}

func byConn(ctx context.Context, space *ipc.Space, size int) (end, *multiproc.Process[multiproc.None], error) {
	near, far, err := ipc.NewPipe[[]byte, []byte](ctx, space)
	if err != nil {
		return nil, nil, err
	}
	e := &connEnd{near, make([]byte, size)}
	child, err := echoByConn.Start(ctx, far, multiproc.Daemon())
	err = errors.Join(err, far.Close()) // the child has it now
	if err != nil {
		return nil, nil, errors.Join(err, e.close(ctx))
	}
	return e, child, nil
}

var echoByConn = multiproc.Func("echo by conn", func(ctx context.Context, conn *ipc.Conn[[]byte, []byte]) (multiproc.None, error) {
	return multiproc.None{}, echo(ctx, &connEnd{conn: conn})
})

func (e *connEnd) block() []byte { return e.bytes }

func (e *connEnd) send(ctx context.Context) error { return e.conn.Send(ctx, e.bytes) }

func (e *connEnd) receive(ctx context.Context) (err error) {
	e.bytes, err = e.conn.Recv(ctx)
	return err
}

func (e *connEnd) close(context.Context) error { return e.conn.Close() }
