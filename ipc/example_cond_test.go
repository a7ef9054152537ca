//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleCond() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	lock, err := ipc.OpenMutex(ctx, space, "shelf's lock")
	if err != nil {
		log.Fatal(err)
	}
	filled, err := ipc.OpenCond(ctx, space, "shelf filled")
	if err != nil {
		log.Fatal(err)
	}
	shelf, err := ipc.OpenInt64(ctx, space, "shelf")
	if err != nil {
		log.Fatal(err)
	}

	go func() { // usually another process
		guard, err := lock.Lock(ctx)
		if err != nil {
			log.Fatal(err)
		}
		defer guard.Unlock()
		_ = shelf.Store(ctx, 3)
		_ = filled.Signal(ctx)
	}()

	guard, err := lock.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = filled.WaitFor(ctx, &guard, func() bool {
		n, err := shelf.Load(ctx)
		return err != nil || n > 0
	})
	if err != nil {
		log.Fatal(err)
	}
	left, err := shelf.Add(ctx, -1) // nobody else has the lock
	fmt.Println("one taken,", left, "left", err)
	fmt.Println(guard.Unlock())
	// Output:
	// one taken, 2 left <nil>
	// <nil>
}
