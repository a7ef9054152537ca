//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["reading contender"] = readingContender }

func openBenchedRWMutex(b *testing.B) *ipc.RWMutex {
	m, err := ipc.OpenRWMutex(background, family(b), "")
	must(b, err)
	b.Cleanup(func() { family(b).Delete(background, m.Name()) })
	b.ReportAllocs()
	return m
}

func BenchmarkRWMutex_read(b *testing.B) {
	m := openBenchedRWMutex(b)
	for b.Loop() {
		g, err := m.RLock(background)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.Unlock(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRWMutex_write(b *testing.B) {
	m := openBenchedRWMutex(b)
	for b.Loop() {
		g, err := m.Lock(background)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.Unlock(); err != nil {
			b.Fatal(err)
		}
	}
}

// readingContender reads for as many milliseconds as it is told, and says how often.
func readingContender(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	ms, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenRWMutex(background, s, "read by many")
	if err != nil {
		return err
	}
	n := 0
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		for range 1000 {
			g, err := m.RLock(background)
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

// BenchmarkRWMutex_readByProcesses has processes read-lock and unlock one lock for a
// second.
func BenchmarkRWMutex_readByProcesses(b *testing.B) {
	for _, processes := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(processes), func(b *testing.B) {
			for b.Loop() {
				var all []*child
				for range processes {
					all = append(all, start(b, "reading contender"))
				}
				for _, c := range all {
					c.tell("1000")
				}
				sum := 0
				for _, c := range all {
					n, err := strconv.Atoi(c.hear())
					must(b, err)
					sum += n
				}
				b.ReportMetric(float64(sum)/1e6, "M/s")
			}
		})
	}
}
