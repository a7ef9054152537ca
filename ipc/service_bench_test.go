//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["echoer"] = echoer }

// echoer serves bytes as they are, in so many goroutines.
func echoer(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	v, err := ipc.OpenService[[]byte, []byte](background, s, hear())
	if err != nil {
		return err
	}
	say("here")
	return v.Serve(background, func(_ context.Context, request []byte) ([]byte, error) { return request, nil })
}

// A call to a process that is busy serving; and from many goroutines at once.
func BenchmarkService(b *testing.B) {
	v := openService[[]byte, []byte](b, "echo")
	c := start(b, "echoer")
	c.tell("echo")
	c.expect("here")
	for _, size := range []int{8, 1 << 10, 64 << 10} {
		request := make([]byte, size)
		b.Run(fmt.Sprint(size, " bytes"), func(b *testing.B) {
			b.SetBytes(2 * int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Call(background, request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, callers := range []int{10, 1000} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			var all sync.WaitGroup
			each := b.N/callers + 1
			for range callers {
				all.Go(func() {
					for range each {
						if _, err := v.Call(background, nil); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
	}
}
