//go:build linux

package ipc_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// firstObject is where the entry of its first object is, in a space of 1 MiB;
// permitWord is a semaphore's word there that says how many permits are in use, and
// in its high half who is changing that.
const (
	firstObject = 4096 + 256*128 + 512*8
	permitWord  = 64
)

// Who is stopped amid Acquire or Release holds up the others: until their contexts
// end, or until it is gone. Here a word is written as if somebody had been.
func TestSemaphore_waitsForOneStoppedAmidItUntilTheContextEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "space")
	s := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	other := openSpace(t, path, ipc.SpaceConfig{})
	m, err := ipc.OpenSemaphore(background, s, "s", 3)
	must(t, err)
	must(t, m.Acquire(background, 1))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer file.Close()
	const secondOwner, oneInUse = 2<<20 | 1, 1 << 4
	_, err = file.WriteAt(binary.LittleEndian.AppendUint64(nil, secondOwner<<32|oneInUse), firstObject+permitWord)
	must(t, err)
	ctx, cancel := context.WithTimeout(background, 100*time.Millisecond)
	defer cancel()
	for _, err := range []error{m.Release(ctx, 1), m.Acquire(ctx, 1)} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while it is stopped: %v", err)
		}
	}
	if err := m.TryAcquire(background, 1); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryAcquire while it is stopped: %v", err)
	}
	available(t, m, 2)
	released := make(chan error)
	go func() { released <- m.Release(background, 1) }()
	must(t, other.Close())
	must(t, <-released)
	available(t, m, 3)
	must(t, s.Check(background))
}

// FuzzSemaphore_damaged writes into a semaphore's entry while it is used: three words
// of it become what they are not. Whatever its users get, it is a result or an error:
// no panic, no hang.
func FuzzSemaphore_damaged(f *testing.F) {
	const entry, permits, claim, config, attachments = firstObject, permitWord, 72, 152, 320
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
