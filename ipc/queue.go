package ipc

import (
	"context"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// QueueConfig configures a Queue. The zero value of a field is its default for a new
// queue, and means nothing for one that is there.
type QueueConfig struct {
	// Cap is how many elements the queue holds, those on loan by Receive included.
	// Default: 1024.
	Cap int

	// MaxDeliver is how many deliveries by Receive an element has; after the last of
	// them it goes to DeadLetters instead of to another consumer. It wants DeadLetters.
	// Default: no bound.
	MaxDeliver int

	// DeadLetters is the name of the queue of the same type that takes the elements
	// that MaxDeliver deliveries were not enough for. It is made where it is missing.
	// While it is full they stay where they are.
	DeadLetters string
}

// A Queue is a bounded first-in, first-out queue between any number of producers and
// consumers, in any processes. When Put has returned, the element is in the queue,
// and its producer may end.
//
// What is taken by Get belongs to the one that took it, and is gone if its process
// dies. What is taken by Receive is lent: it comes back if the process dies before it
// is acknowledged. An element that was lent may have been worked on before.
//
// Do not let all that take from a queue wait in a Put to that same queue: full as it
// is, each of them waits for another to take something. Use TryPut there, and do at
// once what does not fit, as the example of TryPut shows, or put into another queue,
// whose consumers put nothing back.
//
// Order:    elements leave in the order of their Puts, which is one for all processes; each Put synchronizes before what takes its element, and what makes room before the Put that waits for it.
// Crash:    an element is in the queue or not: killed in a Put its producer leaves it whole or not at all, and killed in a Get its consumer takes that one along at most. What a dead process had on loan goes to another ahead of all others, in the old order, its Attempt one higher. Killed while it waits, a process disturbs nobody.
// Fairness: none among those that wait: who runs may be before one that is being woken. One that is stopped (SIGSTOP) amid the few instructions of a Put or a Get holds up those that do the same.
// Cost:     a copy into the queue and one out of it, and some twenty atomic instructions each; beyond some 4 KiB a block of memory too. A system call only where somebody waits, or the space takes memory or gives it back. Memory follows what is in the queue.
type Queue[T any] struct {
	handle[driver.Queue]
	codec *codec.Codec[T]
}

// OpenQueue attaches to the queue called name, or creates it. ErrType, naming the
// field, is for a T that cannot be shared, ErrRange for a number less than 0 in cfg.
func OpenQueue[T any](ctx context.Context, s *Space, name string, cfg QueueConfig) (*Queue[T], error) {
	c, of, err := elementOf[T]()
	if err != nil {
		return nil, fmt.Errorf("open queue %q: %w", name, err)
	}
	h, err := open(ctx, s, queueOf(of, cfg), "queue", name)
	if err != nil {
		return nil, err
	}
	within(c, s)
	return &Queue[T]{h, c}, nil
}

// queueOf opens queues of a type.
func queueOf(of driver.Type, cfg QueueConfig) opener[driver.Queue] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Queue, error) {
		return s.OpenQueue(ctx, which, of, driver.QueueConfig(cfg))
	}
}

// Close ends the putting, for all processes and for good; those that wait in a Put
// get ErrClosed. Getters take what is left, wait for what is on loan, since it may
// come back, and then get ErrClosed. To close a queue again does nothing.
func (q *Queue[T]) Close(ctx context.Context) error {
	err := q.object.Close(ctx)
	runtime.KeepAlive(q)
	return q.failed("close", err)
}

// Join waits until all that was put has been taken by Get, acknowledged, or moved to
// the dead letters. What is put meanwhile it waits for too.
func (q *Queue[T]) Join(ctx context.Context) error {
	err := q.object.Join(ctx)
	runtime.KeepAlive(q)
	return q.failed("join", err)
}

// Len returns how many elements wait to be taken; those on loan are not counted.
func (q *Queue[T]) Len(ctx context.Context) (int, error) {
	n, err := q.object.Len()
	runtime.KeepAlive(q)
	return n, q.failed("look at", err)
}

// Cap returns how many elements the queue holds.
func (q *Queue[T]) Cap() int {
	n := q.object.Cap()
	runtime.KeepAlive(q)
	return n
}

// MarshalBinary lets the handle stand in what processes send one another. The queue
// has to be there still when it arrives.
func (q *Queue[T]) MarshalBinary() ([]byte, error) { return q.marshal() }

// UnmarshalBinary attaches to the queue that another process has sent. It must be
// one of the same element type.
func (q *Queue[T]) UnmarshalBinary(data []byte) error {
	c, of, err := elementOf[T]()
	if err != nil {
		return fmt.Errorf("receive queue: %w", err)
	}
	if err := q.unmarshal(data, queueOf(of, QueueConfig{}), "queue"); err != nil {
		return err
	}
	within(c, q.space)
	q.codec = c
	return nil
}
