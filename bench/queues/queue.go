package queues

import (
	"context"
	"errors"
	"strconv"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	for kind, open := range map[string]func(ctx context.Context, d design) (link, error){
		"queue":  openQueues,
		"struct": openTyped(func(n int) plain { return plain{ID: int64(n)} }),
		"cbor": openTyped(func(n int) texts {
			return texts{ID: int64(n), Name: "a name of twenty-one", Tags: []string{"red", "green"}}
		}),
		"batch": openBatches,
	} {
		links[kind] = open
	}
}

// openQueues is a queue for each direction, received with GetInto.
func openQueues(ctx context.Context, d design) (link, error) {
	out, in, err := pair[[]byte](ctx, d)
	var got []byte
	return carrying(d.size,
		func(m []byte) error { return out.Put(ctx, m) },
		func([]byte) ([]byte, error) {
			err := in.GetInto(ctx, &got)
			return got, err
		},
	), err
}

// pair is the queue to the other side and the one from it.
func pair[T any](ctx context.Context, d design) (out, in *ipc.Queue[T], err error) {
	s, err := ipc.Open(ctx, d.file, ipc.SpaceConfig{})
	if err != nil {
		return nil, nil, err
	}
	cfg := ipc.QueueConfig{Cap: d.room}
	out, err = ipc.OpenQueue[T](ctx, s, "from "+strconv.Itoa(d.side), cfg)
	if err != nil {
		return nil, nil, err
	}
	in, err = ipc.OpenQueue[T](ctx, s, "from "+strconv.Itoa(d.other()), cfg)
	return out, in, err
}

// plain is 64 bytes without pointers.
type plain struct {
	ID, At, Owner int64
	Position      [4]float64
	Kind, Flags   uint32
}

// texts is about as much with strings, which the codec writes as CBOR.
type texts struct {
	ID   int64
	Name string
	Tags []string
}

// openTyped is a queue for each direction of values that are made of a number.
func openTyped[T any](value func(n int) T) func(ctx context.Context, d design) (link, error) {
	return func(ctx context.Context, d design) (link, error) {
		out, in, err := pair[T](ctx, d)
		return link{
			puts: func(n int) error {
				for i := range n {
					if err := out.Put(ctx, value(i)); err != nil {
						return err
					}
				}
				return nil
			},
			gets: func(n int) error {
				var v T
				for range n {
					if err := in.GetInto(ctx, &v); err != nil {
						return err
					}
				}
				return nil
			},
		}, err
	}
}

// batchOf is how many messages are put and got at a time.
const batchOf = 64

// openBatches is a queue for each direction, used with PutBatch and GetBatch.
func openBatches(ctx context.Context, d design) (link, error) {
	out, in, err := pair[[]byte](ctx, d)
	batch := make([][]byte, batchOf)
	for i := range batch {
		batch[i] = make([]byte, d.size)
	}
	return link{
		puts: func(n int) error {
			for n > 0 {
				part := batch[:min(n, batchOf)]
				for i, m := range part {
					mark(m, i)
				}
				put, err := out.PutBatch(ctx, part)
				if err != nil {
					return err
				}
				n -= put
			}
			return nil
		},
		gets: func(n int) error {
			for n > 0 {
				part, err := in.GetBatch(ctx, min(n, batchOf))
				if err != nil {
					return err
				}
				for _, m := range part {
					err = errors.Join(err, marked(m, d.size))
				}
				if err != nil {
					return err
				}
				n -= len(part)
			}
			return nil
		},
	}, err
}
