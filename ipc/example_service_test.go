//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/multiproc-go/multiproc/ipc"
)

func ExampleService() {
	ctx, stop := context.WithCancel(context.Background())
	space, err := ipc.Family()
	if err != nil {
		log.Fatal(err)
	}
	shout, err := ipc.OpenService[string, string](ctx, space, "shout")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() { // usually in other processes, as many as one likes
		served <- shout.Serve(ctx, func(_ context.Context, text string) (string, error) {
			if text == "" {
				return "", errors.New("nothing to shout")
			}
			return strings.ToUpper(text) + "!", nil
		})
	}()

	fmt.Println(shout.Call(ctx, "hello"))
	_, err = shout.Call(ctx, "")
	var failed *ipc.ServiceError
	fmt.Println(errors.As(err, &failed), failed.Service, failed.Msg)

	stop()
	fmt.Println(<-served)
	// Output:
	// HELLO! <nil>
	// true shout nothing to shout
	// <nil>
}
