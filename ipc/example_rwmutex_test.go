//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleRWMutex() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	prices, err := ipc.OpenRWMutex(ctx, space, "prices")
	if err != nil {
		log.Fatal(err)
	}
	one, err := prices.RLock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	other, err := prices.RLock(ctx) // usually another process does
	if err != nil {
		log.Fatal(err)
	}
	if _, err := prices.TryLock(ctx); errors.Is(err, ipc.ErrLocked) {
		fmt.Println("no writer while two read")
	}
	if err := errors.Join(one.Unlock(), other.Unlock()); err != nil {
		log.Fatal(err)
	}
	writer, err := prices.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if writer.Abandoned() {
		fmt.Println("a writer died: look whether the prices are whole")
	}
	if _, err := prices.TryRLock(ctx); errors.Is(err, ipc.ErrLocked) {
		fmt.Println("no reader while one writes")
	}
	if err := writer.Unlock(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// no writer while two read
	// no reader while one writes
}
