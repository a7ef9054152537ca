//go:build linux

package ipc_test

import (
	"fmt"
	"testing"

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

// readingContender reads.
func readingContender(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	m, err := ipc.OpenRWMutex(background, s, "read by many")
	if err != nil {
		return err
	}
	return contend(hear, say, func() error {
		g, err := m.RLock(background)
		if err != nil {
			return err
		}
		return g.Unlock()
	})
}

// BenchmarkRWMutex_readByProcesses has processes read-lock and unlock one lock for a
// second.
func BenchmarkRWMutex_readByProcesses(b *testing.B) {
	for _, processes := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(processes), func(b *testing.B) { contention(b, "reading contender", processes) })
	}
}
