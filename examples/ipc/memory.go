package main

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// A memoryEnd has the block in memory that both processes share. To send it is to say
// that it is the other's turn.
type memoryEnd struct {
	space  *ipc.Space
	shared Memory
}

// Memory is what an end has, and the child is told.
type Memory struct {
	Block        *ipc.Array[byte]
	Mine, Theirs *ipc.Event // set when it is the other's turn, and when it is this end's
}

func byMemory(ctx context.Context, space *ipc.Space, size int) (end, *multiproc.Process[multiproc.None], error) {
	block, err := ipc.OpenArray[byte](ctx, space, "", size)
	if err != nil {
		return nil, nil, err
	}
	there, err := ipc.OpenEvent(ctx, space, "")
	if err != nil {
		return nil, nil, err
	}
	back, err := ipc.OpenEvent(ctx, space, "")
	if err != nil {
		return nil, nil, err
	}
	e := memoryEnd{space, Memory{block, there, back}}
	child, err := echoByMemory.Start(ctx, Memory{block, back, there}, multiproc.Daemon())
	if err != nil {
		return nil, nil, errors.Join(err, e.close(ctx))
	}
	return e, child, nil
}

var echoByMemory = multiproc.Func("echo by memory", func(ctx context.Context, m Memory) (multiproc.None, error) {
	return multiproc.None{}, echo(ctx, memoryEnd{shared: m})
})

func (e memoryEnd) block() []byte { return e.shared.Block.Slice() }

func (e memoryEnd) send(ctx context.Context) error { return e.shared.Mine.Set(ctx) }

func (e memoryEnd) receive(ctx context.Context) error {
	if err := e.shared.Theirs.Wait(ctx); err != nil {
		return err
	}
	return e.shared.Theirs.Clear(ctx)
}

// close deletes what would else be there for as long as the family.
func (e memoryEnd) close(ctx context.Context) error {
	return errors.Join(
		e.space.Delete(ctx, e.shared.Block.Name()),
		e.space.Delete(ctx, e.shared.Mine.Name()),
		e.space.Delete(ctx, e.shared.Theirs.Name()),
	)
}
