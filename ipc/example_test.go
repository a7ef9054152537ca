//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleMutex() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	mutex, err := ipc.OpenMutex(ctx, space, "stock")
	if err != nil {
		log.Fatal(err)
	}
	guard, err := mutex.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if guard.Abandoned() {
		fmt.Println("a holder died: look whether the stock is whole")
	}
	fmt.Println("nobody else, in any process, is here")
	if err := guard.Unlock(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(guard.Unlock())
	// Output:
	// nobody else, in any process, is here
	// unlock mutex "stock": ipc: not held
}

func ExampleEvent() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	ready, err := ipc.OpenEvent(ctx, space, "ready")
	if err != nil {
		log.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := ready.Wait(soon); errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("not yet")
	}
	go ready.Set(ctx) // usually another process does
	if err := ready.Wait(ctx); err == nil {
		fmt.Println("ready")
	}
	// Output:
	// not yet
	// ready
}

func ExampleInt64() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	sold, err := ipc.OpenInt64(ctx, space, "sold")
	if err != nil {
		log.Fatal(err)
	}
	n, err := sold.Add(ctx, 3)
	fmt.Println(n, err)
	// Output:
	// 3 <nil>
}
