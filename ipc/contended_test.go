//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["contender"] = func(s *ipc.Space, hear func() string, say func(string, ...any)) error {
		m, err := ipc.OpenMutex(background, s, "contended")
		if err != nil {
			return err
		}
		return contend(hear, say, func() error {
			g, err := m.Lock(background)
			if err != nil {
				return err
			}
			return g.Unlock()
		})
	}
}

// contend does something for as many milliseconds as it is told, and says how often.
func contend(hear func() string, say func(string, ...any), do func() error) error {
	ms, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	n := 0
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		for range 100 {
			if err := do(); err != nil {
				return err
			}
			n++
		}
	}
	say("%d", n)
	return nil
}

// contention has processes contend for a second, and reports how often they did what
// they do, and which part of that was the slowest one's.
func contention(b *testing.B, role string, processes int, tell ...string) {
	for b.Loop() {
		var all []*child
		for range processes {
			all = append(all, start(b, role))
		}
		for _, c := range all {
			for _, line := range append(tell, "1000") {
				c.tell("%s", line)
			}
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
}

// BenchmarkMutex_contended has processes lock and unlock one mutex for a second.
func BenchmarkMutex_contended(b *testing.B) {
	for _, processes := range []int{2, 4} {
		b.Run(fmt.Sprint(processes), func(b *testing.B) { contention(b, "contender", processes) })
	}
}
