//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

// At most three downloads at a time, of all processes together. If one of them is
// killed, its permits come back.
func ExampleSemaphore() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	downloads, err := ipc.OpenSemaphore(ctx, space, "downloads", 3)
	if err != nil {
		log.Fatal(err)
	}
	if err := downloads.Acquire(ctx, 2); err != nil {
		log.Fatal(err)
	}
	free, err := downloads.Available(ctx)
	fmt.Println("free:", free, err)
	if err := downloads.TryAcquire(ctx, 2); errors.Is(err, ipc.ErrLocked) {
		fmt.Println("two more at once cannot be had now")
	}
	fmt.Println(downloads.Release(ctx, 2))
	fmt.Println(downloads.Release(ctx, 1))
	// Output:
	// free: 1 <nil>
	// two more at once cannot be had now
	// <nil>
	// release semaphore "downloads": ipc: not held: this process has 0 of its permits, not 1
}
