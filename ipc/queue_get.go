package ipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Get takes the oldest element; it waits while there is none. What Get has returned
// is the caller's: if its process dies, it is gone. So is an element that cannot be
// decoded, say because it has a handle of what was deleted meanwhile: that is an
// error that says so.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	return q.get(ctx, true)
}

// TryGet takes the oldest element, or returns ErrEmpty where there is none.
func (q *Queue[T]) TryGet(ctx context.Context) (T, error) {
	return q.get(ctx, false)
}

func (q *Queue[T]) get(ctx context.Context, wait bool) (v T, err error) {
	if q.codec.Takes() {
		data, err := q.take(ctx, nil, wait)
		if err == nil {
			err = q.codec.Take(data, &v)
		}
		return v, q.failed("get from", err)
	}
	return v, q.getCopied(ctx, &v, wait)
}

// GetInto is Get into dst, whose memory it uses again where that suffices: that of a
// []byte, and of a T that has no pointers. On an error *dst is as it was, but zero
// where the element could not be decoded.
func (q *Queue[T]) GetInto(ctx context.Context, dst *T) error {
	if q.codec.Takes() {
		data, err := q.take(ctx, q.codec.Room(dst), true)
		if err == nil {
			err = q.codec.Take(data, dst)
		}
		return q.failed("get from", err)
	}
	return q.getCopied(ctx, dst, true)
}

// getCopied gets an element that decoding copies.
func (q *Queue[T]) getCopied(ctx context.Context, dst *T, wait bool) error {
	r := takeRoom()
	data, err := q.take(ctx, r.bytes[:0], wait)
	if err == nil {
		r.bytes = data // which may have grown
		err = q.decode(data, dst)
	}
	r.giveBack()
	return q.failed("get from", err)
}

// take takes an element as bytes, which it appends to room.
func (q *Queue[T]) take(ctx context.Context, room []byte, wait bool) (data []byte, err error) {
	if wait {
		data, err = q.object.Get(ctx, room)
	} else {
		data, err = q.object.TryGet(room)
	}
	runtime.KeepAlive(q)
	return data, err
}

func (q *Queue[T]) decode(data []byte, dst *T) error {
	if err := q.codec.Take(data, dst); err != nil {
		return fmt.Errorf("an element of %d bytes is lost: %w", len(data), err)
	}
	return nil
}

// GetBatch takes what there is, the oldest elements first, max at most; it waits
// while there is none, for one. A max less than 1 is ErrRange. Where an element cannot
// be decoded, the others are returned beside the error.
func (q *Queue[T]) GetBatch(ctx context.Context, max int) ([]T, error) {
	if err := checkMax(max); err != nil {
		return nil, q.failed("get from", err)
	}
	batch, err := q.object.GetBatch(ctx, max)
	runtime.KeepAlive(q)
	if err != nil {
		return nil, q.failed("get from", err)
	}
	vs := make([]T, 0, len(batch))
	for _, data := range batch {
		var v T
		if wrong := q.decode(data, &v); wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		vs = append(vs, v)
	}
	return vs, q.failed("get from", err)
}

func checkMax(max int) error {
	if max < 1 {
		return fmt.Errorf("%w: a batch of %d at most", ErrRange, max)
	}
	return nil
}

// All yields elements, as Get takes them, until the queue is closed and done with.
// Another error is the last thing that it yields: so one of a queue that was deleted.
func (q *Queue[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := q.Get(ctx)
			if errors.Is(err, driver.ErrDone) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}
