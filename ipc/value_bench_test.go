//go:build linux

package ipc_test

import (
	"fmt"
	"testing"
)

func BenchmarkValue(b *testing.B) {
	for _, size := range []int{8, 1 << 10, 64 << 10, 1<<20 - 8} {
		v := openValue[[]byte](b, "")
		data := make([]byte, size)
		must(b, v.Store(background, data))
		b.Run(fmt.Sprint("store ", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if err := v.Store(background, data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("load ", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := v.Load(background); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	n := openValue[int64](b, "")
	b.Run("load an int64", func(b *testing.B) {
		for b.Loop() {
			if _, err := n.Load(background); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("update an int64", func(b *testing.B) {
		for b.Loop() {
			if err := n.Update(background, func(old int64) (int64, error) { return old + 1, nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			openValue[shared](b, "opened")
		}
	})
}
