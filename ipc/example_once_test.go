//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleOnce() {
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	migrated, err := ipc.OpenOnce(ctx, space, "migrated")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(migrated.Do(ctx, func(context.Context) error {
		return errors.New("the database is not there yet")
	}))
	for range 2 { // usually in several processes
		err := migrated.Do(ctx, func(context.Context) error {
			fmt.Println("migrating")
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(migrated.Done(ctx))
	// Output:
	// the database is not there yet
	// migrating
	// true <nil>
}
