package queues

import (
	"context"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { links["conn"] = openConn }

type end = ipc.Conn[[]byte, []byte]

// openConn is a pipe of the first side's, which sends the other end through a queue,
// and keeps its own hold of it: who receives an end has to find it there.
func openConn(ctx context.Context, d design) (link, error) {
	c, err := d.end(ctx)
	return carrying(d.size,
		func(m []byte) error { return c.Send(ctx, m) },
		func([]byte) ([]byte, error) { return c.Recv(ctx) },
	), err
}

func (d design) end(ctx context.Context) (*end, error) {
	s, err := ipc.Open(ctx, d.file, ipc.SpaceConfig{})
	if err != nil {
		return nil, err
	}
	ends, err := ipc.OpenQueue[*end](ctx, s, "ends", ipc.QueueConfig{})
	if err != nil {
		return nil, err
	}
	if d.side == 1 {
		return ends.Get(ctx)
	}
	mine, others, err := ipc.NewPipe[[]byte, []byte](ctx, s)
	if err != nil {
		return nil, err
	}
	return mine, ends.Put(ctx, others)
}
