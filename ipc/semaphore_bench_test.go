//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["permit contender"] = permitContender }

func BenchmarkSemaphore_uncontended(b *testing.B) {
	m := openSemaphore(b, "", 3)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Acquire(background, 1); err != nil {
			b.Fatal(err)
		}
		if err := m.Release(background, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// permitContender takes and gives back a permit of as many as it is told.
func permitContender(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	permits, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenSemaphore(background, s, "contended permits", permits)
	if err != nil {
		return err
	}
	return contend(hear, say, func() error {
		if err := m.Acquire(background, 1); err != nil {
			return err
		}
		return m.Release(background, 1)
	})
}

// BenchmarkSemaphore_contended has processes take and give back one permit each for
// a second, where there is one for all of them, and where there are enough.
func BenchmarkSemaphore_contended(b *testing.B) {
	for _, processes := range []int{2, 4} {
		for _, permits := range []int{1, processes} {
			b.Run(fmt.Sprintf("%d processes, permits %d", processes, permits), func(b *testing.B) {
				openSemaphore(b, "contended permits", permits)
				contention(b, "permit contender", processes, strconv.Itoa(permits))
			})
		}
	}
}
