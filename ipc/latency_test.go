//go:build linux

package ipc_test

import (
	"slices"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// BenchmarkMutex_afterKill measures the time from SIGKILL of the holder until the
// next one has the lock.
func BenchmarkMutex_afterKill(b *testing.B) {
	m := openMutex(b, "after kill")
	var times []time.Duration
	for b.Loop() {
		c := start(b, "locker")
		c.tell("lock after kill")
		c.hear()
		locked := make(chan ipc.Guard)
		go func() {
			g, err := m.Lock(background)
			if err != nil {
				b.Error(err)
			}
			locked <- g
		}()
		until(b, "one waits", func() bool { return waiters(b, "after kill") == 1 })
		killed := time.Now()
		c.signal(9)
		g := <-locked
		times = append(times, time.Since(killed))
		must(b, g.Unlock())
		c.wait()
		c.invitation.Ended()
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(times[len(times)*9/10].Microseconds()), "p90-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
}
