package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// A pipeEnd writes blocks into one pipe, and reads them from another. Where a block
// ends both ends have to know.
type pipeEnd struct {
	out, in *os.File
	bytes   []byte
}

func byPipe(ctx context.Context, _ *ipc.Space, size int) (end, *multiproc.Process[multiproc.None], error) {
	in, itsOut, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer itsOut.Close()
	itsIn, out, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	defer itsIn.Close()
	e := &pipeEnd{out, in, make([]byte, size)}
	child, err := echoByPipe.Start(ctx, size, multiproc.Daemon(),
		multiproc.WithFile("out", itsOut), multiproc.WithFile("in", itsIn))
	if err != nil {
		return nil, nil, errors.Join(err, e.close(ctx))
	}
	return e, child, nil
}

var echoByPipe = multiproc.Func("echo by pipe", func(ctx context.Context, size int) (multiproc.None, error) {
	e := &pipeEnd{multiproc.File("out"), multiproc.File("in"), make([]byte, size)}
	return multiproc.None{}, echo(ctx, e)
})

func (e *pipeEnd) block() []byte { return e.bytes }

func (e *pipeEnd) send(context.Context) error {
	_, err := e.out.Write(e.bytes)
	return err
}

func (e *pipeEnd) receive(context.Context) error {
	_, err := io.ReadFull(e.in, e.bytes)
	return err
}

func (e *pipeEnd) close(context.Context) error {
	return errors.Join(e.out.Close(), e.in.Close())
}
