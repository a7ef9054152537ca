//go:build linux

package ipc_test

import (
	"context"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

var background = context.Background()

func family(t testing.TB) *ipc.Space {
	t.Helper()
	s, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkMutex_uncontended(b *testing.B) {
	m, err := ipc.OpenMutex(background, family(b), "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
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

func BenchmarkInt64_Add(b *testing.B) {
	n, err := ipc.OpenInt64(background, family(b), "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n.Add(background, 1)
	}
}

func BenchmarkEvent_IsSet(b *testing.B) {
	e, err := ipc.OpenEvent(background, family(b), "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.IsSet(background)
	}
}
