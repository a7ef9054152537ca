//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

// One closes the queue when nothing more comes, and the loops of all consumers, in any
// processes, end by themselves.
func ExampleQueue() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	words, err := ipc.OpenQueue[string](ctx, space, "words", ipc.QueueConfig{})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for _, word := range []string{"first", "in", "first", "out"} {
			if err := words.Put(ctx, word); err != nil {
				log.Fatal(err)
			}
		}
		if err := words.Close(ctx); err != nil {
			log.Fatal(err)
		}
	}()
	for word, err := range words.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(word)
	}
	// Output:
	// first
	// in
	// first
	// out
}

// Who takes from a queue and puts into it must not wait for room: where all consumers
// do that, nobody makes any. What does not fit is done at once.
func ExampleQueue_TryPut() {
	type folder struct {
		Name string
		In   []folder
	}
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	folders, err := ipc.OpenQueue[folder](ctx, space, "folders", ipc.QueueConfig{Cap: 2})
	if err != nil {
		log.Fatal(err)
	}
	visit := func(f folder) error { // and all that is in it
		for mine := []folder{f}; len(mine) > 0; {
			f, mine = mine[len(mine)-1], mine[:len(mine)-1]
			fmt.Println(f.Name)
			for _, in := range f.In {
				err := folders.TryPut(ctx, in) // for any consumer
				if errors.Is(err, ipc.ErrFull) {
					mine = append(mine, in)
				} else if err != nil {
					return err
				}
			}
		}
		return nil
	}
	root := folder{"/", []folder{{"/a", []folder{{"/a/b", nil}}}, {"/c", nil}, {"/d", []folder{{"/d/e", nil}}}}}
	if err := folders.Put(ctx, root); err != nil {
		log.Fatal(err)
	}
	go func() { // nothing is acknowledged before what is in it is in the queue, or done
		if err := errors.Join(folders.Join(ctx), folders.Close(ctx)); err != nil {
			log.Fatal(err)
		}
	}()
	for d, err := range folders.Deliveries(ctx) {
		if err == nil {
			err = visit(d.Value)
		}
		if err == nil {
			err = d.Ack(ctx)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	// Unordered output:
	// /
	// /a
	// /a/b
	// /c
	// /d
	// /d/e
}

// What a consumer had on loan when it failed, or its process died, another gets. What
// fails too often goes to the dead letters.
func ExampleQueue_Receive() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	jobs, err := ipc.OpenQueue[string](ctx, space, "jobs", ipc.QueueConfig{MaxDeliver: 2, DeadLetters: "failed jobs"})
	if err != nil {
		log.Fatal(err)
	}
	failed, err := ipc.OpenQueue[string](ctx, space, "failed jobs", ipc.QueueConfig{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := jobs.PutBatch(ctx, []string{"impossible", "easy"}); err != nil {
		log.Fatal(err)
	}
	if err := jobs.Close(ctx); err != nil {
		log.Fatal(err)
	}
	for d, err := range jobs.Deliveries(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.Value, d.Attempt)
		if d.Value == "impossible" {
			err = d.Nak(ctx)
		} else {
			err = d.Ack(ctx)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	job, err := failed.TryGet(ctx)
	fmt.Println("failed:", job, err)
	// Output:
	// impossible 1
	// impossible 2
	// easy 1
	// failed: impossible <nil>
}
