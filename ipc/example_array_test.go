//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleArray() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	type point struct{ X, Y float64 }
	points, err := ipc.OpenArray[point](ctx, space, "points", 1000)
	if err != nil {
		log.Fatal(err)
	}
	guard, err := points.Mutex().Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if guard.Abandoned() {
		fmt.Println("a process died while it wrote: some points may be half written")
	}
	memory := points.Slice() // of all processes that open "points"
	memory[999] = point{X: 1, Y: 2}
	fmt.Println(len(memory), memory[0], memory[999])
	if err := guard.Unlock(); err != nil {
		log.Fatal(err)
	}

	_, err = ipc.OpenArray[struct{ Name string }](ctx, space, "names", 10)
	fmt.Println(err)
	// Output:
	// 1000 {0 0} {1 2}
	// open array "names": ipc: type cannot be shared: struct { Name string }.Name: string has pointers
}
