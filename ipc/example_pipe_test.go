//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

// A connection has two ends, and each sends what the other receives. An end can be in a
// child's input, or be sent through another connection or a queue; here a goroutine has
// it.
func ExampleNewPipe() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	asks, answers, err := ipc.NewPipe[string, int](ctx, space)
	if err != nil {
		log.Fatal(err)
	}
	defer asks.Close()
	go func() {
		defer answers.Close()
		for {
			word, err := answers.Recv(ctx)
			if err == io.EOF { // the other end is gone
				return
			}
			if err == nil {
				err = answers.Send(ctx, len(word))
			}
			if err != nil {
				log.Fatal(err)
			}
		}
	}()
	for _, word := range []string{"pipe", "connection"} {
		if err := asks.Send(ctx, word); err != nil {
			log.Fatal(err)
		}
		n, err := asks.Recv(ctx)
		fmt.Println(word, n, err)
	}
	// Output:
	// pipe 4 <nil>
	// connection 10 <nil>
}
