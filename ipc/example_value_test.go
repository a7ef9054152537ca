//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/multiproc-go/multiproc/ipc"
)

// A value is replaced as a whole, so that whoever reads it, in any process, gets one
// that fits together.
func ExampleValue() {
	type stock struct {
		Left  map[string]int
		Sales int
	}
	ctx := context.Background()
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	office, err := ipc.OpenValue[stock](ctx, space, "ticket office")
	if err != nil {
		log.Fatal(err)
	}
	if err := office.Store(ctx, stock{Left: map[string]int{"stalls": 2}}); err != nil {
		log.Fatal(err)
	}
	soldOut := errors.New("sold out")
	buy := func(old stock) (stock, error) {
		if old.Left["stalls"] == 0 {
			return old, soldOut
		}
		old.Left["stalls"]--
		old.Sales++
		return old, nil
	}
	for range 3 {
		fmt.Println(office.Update(ctx, buy))
	}
	fmt.Println(office.Load(ctx))
	// Output:
	// <nil>
	// <nil>
	// sold out
	// {map[stalls:0] 2} <nil>
}
