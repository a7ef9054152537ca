package ipc

import (
	"context"
	"fmt"
	"runtime"
)

// Put appends v; it waits while the queue is full. It returns ErrClosed once the
// queue is closed, ErrNoSpace where the space has no room for the element, and
// ErrTooLarge where it never will. A handle of the family's space in the queue of a
// space opened by name is ErrType.
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	return q.put(ctx, &v, true)
}

// TryPut appends v if the queue has room for it, else it returns ErrFull.
func (q *Queue[T]) TryPut(ctx context.Context, v T) error {
	return q.put(ctx, &v, false)
}

func (q *Queue[T]) put(ctx context.Context, v *T, wait bool) error {
	r := takeRoom()
	data, err := q.codec.EncodeIn(r.bytes, v)
	switch {
	case err != nil:
		err = notEncoded(err)
	case wait:
		err = q.object.Put(ctx, data)
	default:
		err = q.object.TryPut(data)
	}
	if !q.codec.Takes() {
		r.bytes = data // which may have grown
	}
	r.giveBack()
	runtime.KeepAlive(q)
	return q.failed("put into", err)
}

// PutBatch appends all of vs, and waits where the queue is full. The first n were put,
// error or not: vs[n] was not, and an error tells why. Elements that others put
// meanwhile may come to stand between those of vs.
func (q *Queue[T]) PutBatch(ctx context.Context, vs []T) (n int, err error) {
	r := takeRoom()
	batch := make([][]byte, 0, min(len(vs), someElements))
	for n < len(vs) && err == nil {
		batch, err = q.encodeSome(r, vs[n:], batch[:0])
		put, wrong := q.object.PutBatch(ctx, batch)
		n += put
		if wrong != nil {
			err = wrong
		}
	}
	r.giveBack()
	runtime.KeepAlive(q)
	if err != nil {
		err = fmt.Errorf("element %d: %w", n, err)
	}
	return n, q.failed("put into", err)
}

const (
	someElements = 128       // of a batch are encoded before the first of them is put,
	someBytes    = 256 << 10 // or so many bytes
)

// encodeSome appends the encodings of the first ones of vs to batch, which are good
// until the next call.
func (q *Queue[T]) encodeSome(r *room, vs []T, batch [][]byte) ([][]byte, error) {
	r.bytes = r.bytes[:0]
	for i := range vs[:min(len(vs), someElements)] {
		var data []byte
		var err error
		if q.codec.Takes() {
			data, err = q.codec.Encode(&vs[i])
		} else {
			before := len(r.bytes)
			r.bytes, err = q.codec.Append(r.bytes, &vs[i]) // what it leaves behind where it grows stays good
			data = r.bytes[before:]
		}
		if err != nil {
			return batch, notEncoded(err)
		}
		if batch = append(batch, data); len(r.bytes) >= someBytes {
			break
		}
	}
	return batch, nil
}
