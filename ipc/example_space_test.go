//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/multiproc-go/multiproc/ipc"
)

// Programs that share no ancestor meet in a space with a name.
func ExampleSpace() {
	ctx := context.Background()
	name := filepath.Join(os.TempDir(), fmt.Sprint("example-", os.Getpid()))
	space, err := ipc.Open(ctx, name, ipc.SpaceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	visitors, err := ipc.OpenInt64(ctx, space, "visitors")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(visitors.Add(ctx, 1))
	fmt.Println(space.Check(ctx), space.Close())
	fmt.Println(visitors.Load(ctx))
	fmt.Println(ipc.Remove(ctx, name))
	// Output:
	// 1 <nil>
	// <nil> <nil>
	// 0 load int64 "visitors": ipc: closed
	// <nil>
}

// A small space takes little room in the address space, and has room for fewer
// objects and processes.
func ExampleSpaceConfig() {
	name := filepath.Join(os.TempDir(), fmt.Sprint("example-small-", os.Getpid()))
	space, err := ipc.Open(context.Background(), name, ipc.SpaceConfig{MaxBytes: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer ipc.Remove(context.Background(), name)
	defer space.Close()
	stats, err := space.Stats(context.Background())
	fmt.Println(stats.Max, err)
	// Output: 1048576 <nil>
}

// A token rises with each holding. Who guards something beyond the space with a
// lock can refuse the writes of a holder that comes too late.
func ExampleGuard() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	mutex, err := ipc.OpenMutex(ctx, space, "fenced")
	if err != nil {
		log.Fatal(err)
	}
	first, err := mutex.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	_ = first.Unlock()
	second, err := mutex.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(second.Token() > first.Token(), first.Unlock(), second.Unlock())
	// Output: true unlock mutex "fenced": ipc: not held <nil>
}

// Stats tell who holds what, and who waits, while it happens.
func ExampleSpaceStats() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	mutex, err := ipc.OpenMutex(ctx, space, "watched")
	if err != nil {
		log.Fatal(err)
	}
	guard, err := mutex.Lock(ctx)
	if err != nil {
		log.Fatal(err)
	}
	stats, err := space.Stats(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, object := range stats.Objects {
		if object.Name == "watched" {
			fmt.Println(object.Kind, "held by this process:", object.Holder == os.Getpid(), "waiters:", object.Waiters)
		}
	}
	for _, process := range stats.Processes {
		if process.PID == os.Getpid() {
			fmt.Println("this process holds", process.Holds)
		}
	}
	_ = guard.Unlock()
	// Output:
	// mutex held by this process: true waiters: 0
	// this process holds [watched]
}
