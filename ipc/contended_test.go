//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["contender"] = contender }

// contender locks and unlocks for as many milliseconds as it is told, and says how
// often, and how long it waited at most.
func contender(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	ms, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenMutex(background, s, "contended")
	if err != nil {
		return err
	}
	n := 0
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		for range 1000 {
			g, err := m.Lock(background)
			if err != nil {
				return err
			}
			if err := g.Unlock(); err != nil {
				return err
			}
			n++
		}
	}
	say("%d", n)
	return nil
}

// BenchmarkMutex_contended has processes lock and unlock one mutex for a second.
func BenchmarkMutex_contended(b *testing.B) {
	for _, processes := range []int{2, 4} {
		b.Run(fmt.Sprint(processes), func(b *testing.B) {
			for b.Loop() {
				var all []*child
				for range processes {
					all = append(all, start(b, "contender"))
				}
				for _, c := range all {
					c.tell("1000")
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
		})
	}
}
