// Queue hands elements of all types to another process, through a queue that has
// room for three.
//
//	go run ./examples/queue
//
// Get and Put wait: until there is an element, until there is room, or until their
// context ends. TryGet and TryPut do not: an empty queue is ErrEmpty, a full one
// ErrFull.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

func main() { multiproc.Main(run) }

// run runs in the parent alone.
func run(ctx context.Context) error {
	space, err := ipc.Family()
	if err != nil {
		return err
	}
	queue, err := ipc.OpenQueue[any](ctx, space, "three", ipc.QueueConfig{Cap: 3})
	if err != nil {
		return err
	}
	if err := alone(ctx, queue); err != nil {
		return err
	}
	return together(ctx, queue)
}

// alone fills the queue, and shows what nothing to get and no room look like.
func alone(ctx context.Context, queue *ipc.Queue[any]) error {
	_, err := queue.TryGet(ctx)
	if err := told(err, ipc.ErrEmpty); err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = queue.Get(soon)
	if err := told(err, context.DeadlineExceeded); err != nil {
		return err
	}

	for _, v := range []any{"a string", []any{"a", "list", "of", 5}, 7} {
		if err := queue.Put(ctx, v); err != nil {
			return err
		}
		fmt.Printf("parent: put %T %v\n", v, v)
	}
	if err := told(queue.TryPut(ctx, 2.5), ipc.ErrFull); err != nil {
		return err
	}
	soon, cancel = context.WithTimeout(ctx, patience)
	defer cancel()
	return told(queue.Put(soon, 2.5), context.DeadlineExceeded)
}

// patience is how long the parent waits in vain.
const patience = 50 * time.Millisecond

// told tells the error that was to come.
func told(err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("got the error %w instead of %w", err, want)
	}
	fmt.Println("parent:", err)
	return nil
}

// together has a child get what is in the queue, and goes on putting.
func together(ctx context.Context, queue *ipc.Queue[any]) error {
	p, err := get.Start(ctx, queue, multiproc.Daemon())
	if err != nil {
		return err
	}
	if err := queue.Put(ctx, 2.5); err != nil { // it waits until the child has taken one
		return err
	}
	fmt.Println("parent: put float64 2.5, now that there is room")
	if err := queue.Join(ctx); err != nil { // until the child has taken all
		return err
	}
	if err := queue.Put(ctx, true); err != nil {
		return err
	}
	fmt.Println("parent: put bool true, and close the queue")
	if err := queue.Close(ctx); err != nil { // the child gets what is left, and then ErrClosed
		return err
	}
	_, err = p.Wait(ctx)
	return err
}

// get gets elements, waiting for them, until the queue is closed. What an any holds
// arrives as one of few types: each integer as an int64, each list as a []any.
var get = multiproc.Func("get", func(ctx context.Context, queue *ipc.Queue[any]) (multiproc.None, error) {
	for {
		v, err := queue.Get(ctx)
		if errors.Is(err, ipc.ErrClosed) {
			fmt.Println("child:", err)
			return multiproc.None{}, nil
		}
		if err != nil {
			return multiproc.None{}, err
		}
		fmt.Printf("child: got %T %v\n", v, v)
	}
})
