//go:build linux

package ipc_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// FuzzSemaphore_damaged writes into a semaphore's entry while it is used: three words
// of it become what they are not. Whatever its users get, it is a result or an error:
// no panic, no hang.
func FuzzSemaphore_damaged(f *testing.F) {
	const entry, permits, claim, config, attachments = 4096 + 256*128 + 1024*8, 64, 72, 152, 320
	for _, v := range []uint64{0, 0x1f, 1 << 16, 1<<32 | 0xff, 0x0010_0001_0000_0013, ^uint64(0)} {
		for _, at := range []uint16{permits, claim, config, attachments, attachments + 8, attachments + 64, attachments + 72} {
			f.Add(at, v, uint16(permits), uint64(8), uint16(claim), uint64(0))
			f.Add(at, v, uint16(permits), v, uint16(claim), v)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at1 uint16, v1 uint64, at2 uint16, v2 uint64, at3 uint16, v3 uint64) {
		path := filepath.Join(dir, "space")
		os.Remove(path)
		s := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
		m, err := ipc.OpenSemaphore(background, s, "s", 3)
		must(t, err)
		must(t, m.Acquire(background, 1))
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		defer file.Close()
		for at, v := range map[uint16]uint64{at1: v1, at2: v2, at3: v3} {
			inside := permits + int64(at-permits)%(576-permits)&^7
			if inside >= 128 && inside < config { // kind and type
				continue
			}
			_, err := file.WriteAt(binary.LittleEndian.AppendUint64(nil, v), entry+inside)
			must(t, err)
		}
		usePermits(s, m)
		if other, err := ipc.Open(background, path, ipc.SpaceConfig{}); err == nil {
			if m, err := ipc.OpenSemaphore(background, other, "s", 3); err == nil {
				usePermits(other, m)
			}
			other.Close()
		}
	})
}

// usePermits does all that can be done with a semaphore, whatever comes of it.
func usePermits(s *ipc.Space, m *ipc.Semaphore) {
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	for n := range 4 {
		m.TryAcquire(ctx, n)
		m.Available(ctx)
		m.Acquire(ctx, n)
		m.Release(ctx, n)
	}
	s.Stats(ctx)
	s.Check(ctx)
}
