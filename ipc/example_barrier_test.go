//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleBarrier() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	const parties = 3
	barrier, err := ipc.OpenBarrier(ctx, space, "phases", parties)
	if err != nil {
		log.Fatal(err)
	}
	var all sync.WaitGroup
	for range parties { // usually other processes
		all.Go(func() {
			index, err := barrier.Wait(ctx)
			if err != nil {
				log.Fatal(err)
			}
			if index == 0 {
				fmt.Println("all have come; one of them says so")
			}
		})
	}
	all.Wait()

	soon, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := barrier.Wait(soon); errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("nobody else has come")
	}
	_, err = barrier.Wait(ctx)
	fmt.Println(err)
	if err := barrier.Reset(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(barrier.Broken(ctx))
	// Output:
	// all have come; one of them says so
	// nobody else has come
	// wait at barrier "phases": ipc: barrier broken
	// false <nil>
}
