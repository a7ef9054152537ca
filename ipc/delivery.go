package ipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Delivery is an element on loan, until Ack or Nak, or until its process dies or
// closes the space. Copies of it are the same loan. Any goroutine of the process may
// end it.
type Delivery[T any] struct {
	Value   T
	Attempt int // 1 the first time

	loan *loan[T]
}

// A loan is what all copies of a Delivery have in common. The Delivery that Receive
// returns is in it, so that both are one piece of memory.
type loan[T any] struct {
	delivery Delivery[T]
	queue    *Queue[T]
	lent     driver.Loan // without its bytes
	ended    atomic.Bool
}

// Ack ends the loan: the element is gone. It returns ErrNotHeld the second time, and
// for a zero Delivery. On another error the element is still on loan.
func (d *Delivery[T]) Ack(ctx context.Context) error {
	return d.loan.end(ctx, "acknowledge an element of", driver.Queue.Ack)
}

// Nak ends the loan: the element comes back, ahead of the others and in the old
// order, for whoever is the next to take one. It returns ErrNotHeld the second time,
// and for a zero Delivery. On another error the element is still on loan.
func (d *Delivery[T]) Nak(ctx context.Context) error {
	return d.loan.end(ctx, "return an element to", driver.Queue.Nak)
}

func (l *loan[T]) end(ctx context.Context, verb string, how func(driver.Queue, context.Context, driver.Loan) error) error {
	if l == nil {
		return ErrNotHeld
	}
	err := ErrNotHeld
	if !l.ended.Load() {
		err = how(l.queue.object, ctx, l.lent)
		if err == nil || errors.Is(err, ErrNotHeld) {
			l.ended.Store(true)
		}
	}
	runtime.KeepAlive(l)
	return l.queue.failed(verb, err)
}

// Receive takes the oldest element on loan; it waits while there is none. Once the
// element is acknowledged it is gone, and if this process dies first another consumer
// gets it, ahead of the others and in the old order.
//
// An element that cannot be decoded, say because it has a handle of what was deleted
// meanwhile, is returned to the queue and is an error. It comes back as after Nak,
// until MaxDeliver moves it to the dead letters, or somebody takes it by Get.
func (q *Queue[T]) Receive(ctx context.Context) (*Delivery[T], error) {
	lent, err := q.object.Receive(ctx)
	return q.deliverOne(ctx, lent, err)
}

// TryReceive takes the oldest element on loan, or returns ErrEmpty where there is none.
func (q *Queue[T]) TryReceive(ctx context.Context) (*Delivery[T], error) {
	lent, err := q.object.TryReceive()
	return q.deliverOne(ctx, lent, err)
}

func (q *Queue[T]) deliverOne(ctx context.Context, lent driver.Loan, err error) (*Delivery[T], error) {
	var d *Delivery[T]
	if err == nil {
		d, err = q.deliver(ctx, lent)
	}
	runtime.KeepAlive(q)
	return d, q.failed("receive from", err)
}

// ReceiveBatch takes what there is on loan, the oldest elements first, max at most; it
// waits while there is none, for one. A max less than 1 is ErrRange. Elements that
// cannot be decoded are returned to the queue, as by Receive; they are an error only
// where there are no others.
func (q *Queue[T]) ReceiveBatch(ctx context.Context, max int) ([]*Delivery[T], error) {
	if err := checkMax(max); err != nil {
		return nil, q.failed("receive from", err)
	}
	batch, err := q.object.ReceiveBatch(ctx, max)
	if err != nil {
		return nil, q.failed("receive from", err)
	}
	ds := make([]*Delivery[T], 0, len(batch))
	for _, lent := range batch {
		d, wrong := q.deliver(ctx, lent)
		if wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		ds = append(ds, d)
	}
	runtime.KeepAlive(q)
	if len(ds) > 0 {
		return ds, nil
	}
	return nil, q.failed("receive from", err)
}

// deliver makes a delivery of what was lent, or returns it to the queue.
func (q *Queue[T]) deliver(ctx context.Context, lent driver.Loan) (*Delivery[T], error) {
	l := &loan[T]{queue: q}
	if err := q.codec.Take(lent.Data, &l.delivery.Value); err != nil {
		err = fmt.Errorf("an element of %d bytes, returned: %w", len(lent.Data), err)
		return nil, errors.Join(err, q.object.Nak(context.WithoutCancel(ctx), lent))
	}
	lent.Data = nil
	l.lent, l.delivery.Attempt, l.delivery.loan = lent, lent.Attempt, l
	return &l.delivery, nil
}

// Deliveries yields elements, as Receive takes them, until the queue is closed and
// done with. Another error is the last thing that it yields: so one of a queue that
// was deleted. To leave the loop takes nothing more; what was yielded stays on loan.
func (q *Queue[T]) Deliveries(ctx context.Context) iter.Seq2[*Delivery[T], error] {
	return func(yield func(*Delivery[T], error) bool) {
		for {
			d, err := q.Receive(ctx)
			if errors.Is(err, driver.ErrDone) || !yield(d, err) || err != nil {
				return
			}
		}
	}
}
