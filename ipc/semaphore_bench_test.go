//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

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

// permitContender takes and gives back a permit for as many milliseconds as it is
// told, and says how often.
func permitContender(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	var permits, ms int
	if _, err := fmt.Sscanf(hear(), "%d %d", &permits, &ms); err != nil {
		return err
	}
	m, err := ipc.OpenSemaphore(background, s, "contended permits", permits)
	if err != nil {
		return err
	}
	n := 0
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		for range 100 {
			if err := m.Acquire(background, 1); err != nil {
				return err
			}
			if err := m.Release(background, 1); err != nil {
				return err
			}
			n++
		}
	}
	say("%d", n)
	return nil
}

// BenchmarkSemaphore_contended has processes take and give back one permit each for
// a second, where there is one for all of them, and where there are enough.
func BenchmarkSemaphore_contended(b *testing.B) {
	for _, processes := range []int{2, 4} {
		for _, permits := range []int{1, processes} {
			b.Run(fmt.Sprintf("%d processes, permits %d", processes, permits), func(b *testing.B) {
				openSemaphore(b, "contended permits", permits)
				for b.Loop() {
					contendForPermits(b, processes, permits)
				}
			})
		}
	}
}

func contendForPermits(b *testing.B, processes, permits int) {
	var all []*child
	for range processes {
		all = append(all, start(b, "permit contender"))
	}
	for _, c := range all {
		c.tell("%d 1000", permits)
	}
	sum, least := 0, 0
	for i, c := range all {
		n, err := strconv.Atoi(c.hear())
		must(b, err)
		if sum += n; i == 0 || n < least {
			least = n
		}
	}
	b.ReportMetric(float64(sum)/1e6, "M/s")
	b.ReportMetric(100*float64(least)/float64(sum), "%least")
}
