//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["rounder"] = rounder }

// rounder waits at a barrier so many times.
func rounder(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	b, err := barrierTold(s, hear())
	if err != nil {
		return err
	}
	for {
		n, err := strconv.Atoi(hear())
		if err != nil {
			return err
		}
		for range n {
			if _, err := b.Wait(background); err != nil {
				return err
			}
		}
		say("done")
	}
}

// BenchmarkBarrier_rounds is the time of a round of so many processes.
func BenchmarkBarrier_rounds(b *testing.B) {
	for _, parties := range []int{2, 4} {
		b.Run(fmt.Sprint(parties), func(b *testing.B) {
			name := fmt.Sprint("rounds of ", parties)
			barrier := openBarrier(b, name, parties)
			var others []*child
			for range parties - 1 {
				c := start(b, "rounder")
				c.tell("%d %s", parties, name)
				c.tell("%d", b.N)
				others = append(others, c)
			}
			b.ResetTimer()
			for range b.N {
				if _, err := barrier.Wait(background); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			for _, c := range others {
				c.expect("done")
			}
		})
	}
}

// BenchmarkOnce_done is Do of what is done.
func BenchmarkOnce_done(b *testing.B) {
	o := openOnce(b, "")
	times := 0
	must(b, <-doOnce(o, &times))
	b.ReportAllocs()
	for b.Loop() {
		if err := o.Do(background, nil); err != nil {
			b.Fatal(err)
		}
	}
}
