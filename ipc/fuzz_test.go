//go:build linux

package ipc_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// FuzzOpen_damagedSpace writes into the file of a space, before others attach and
// while they use it. Whatever they get, it is a result or an error: no panic, no
// fault, no hang.
//
// Each 12 bytes of the input are one write: where (4), and what (8).
func FuzzOpen_damagedSpace(f *testing.F) {
	write := func(at uint32, v uint64) []byte {
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, at), v)
	}
	const slots, cells, objects, object = 4096, 4096 + 256*128, 4096 + 256*128 + 512*8, 640
	const chunks = objects + 256*object + 128*512
	const value, cond = objects + 3*object, objects + 4*object
	for _, words := range []uint64{0, 1, 1 << 32, 0x55, ^uint64(0), 0x0010_0001_0000_0013, 0x07, 0x18, 0x10_0000_0005} {
		for _, at := range []uint32{
			24, 40, 64, 88, 96, 104, 112, slots + 128, slots + 136, cells, objects, objects + 8, objects + 64,
			objects + 104, objects + 112, 120, 128, 136, chunks, chunks + 8, objects + 320, objects + object, objects + object + 8,
			value + 104, value + 320, value + 328, value + 384, value + 392, value + 576,
			cond + 80, cond + 320, cond + 384, cond + 392, cond + 400,
			chunks + 6*32, chunks + 6*32 + 8, 576 << 10,
		} {
			f.Add(write(at, words), true)
			f.Add(write(at, words), false)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, damage []byte, attached bool) {
		path := filepath.Join(dir, "space")
		os.Remove(path)
		s := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
		for _, name := range []string{"a", "b", "c"} {
			_, err := ipc.OpenMutex(background, s, name)
			must(t, err)
		}
		v, err := ipc.OpenValue[string](background, s, "v")
		must(t, err)
		must(t, v.Store(background, "value"))
		_, err = ipc.OpenRWMutex(background, s, "rw")
		must(t, err)
		_, err = ipc.OpenCond(background, s, "cond")
		must(t, err)
		if attached {
			use(s)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		defer file.Close()
		for len(damage) >= 12 {
			at := binary.LittleEndian.Uint32(damage) % (1 << 20) &^ 7
			_, err := file.WriteAt(damage[4:12], int64(at))
			must(t, err)
			damage = damage[12:]
		}
		if attached {
			use(s)
		}
		if other, err := ipc.Open(background, path, ipc.SpaceConfig{}); err == nil {
			use(other)
			other.Close()
		}
	})
}

// use does everything that can be done, whatever comes of it.
func use(s *ipc.Space) {
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	for _, name := range []string{"a", "b", "c", "d"} {
		if m, err := ipc.OpenMutex(ctx, s, name); err == nil {
			m.Holder(ctx)
			if g, err := m.TryLock(ctx); err == nil {
				g.Unlock()
			} else if g, err := m.Lock(ctx); err == nil {
				g.Unlock()
			}
		}
		if e, err := ipc.OpenEvent(ctx, s, name); err == nil {
			e.Wait(ctx)
			e.Set(ctx)
		}
	}
	if m, err := ipc.OpenRWMutex(ctx, s, "rw"); err == nil {
		for _, lock := range []func(context.Context) (ipc.Guard, error){m.TryRLock, m.TryLock, m.RLock, m.Lock} {
			if g, err := lock(ctx); err == nil {
				g.Unlock()
			}
		}
	}
	if n, err := ipc.OpenInt64(ctx, s, ""); err == nil {
		n.Add(ctx, 1)
	}
	if v, err := ipc.OpenValue[string](ctx, s, "v"); err == nil {
		v.Load(ctx)
		v.Store(ctx, "another value")
		v.Load(ctx)
	}
	useCond(s)
	for _, n := range []int{10, 20_000} { // without a slice, which would be kept until all is over
		if a, err := ipc.OpenArray[int64](ctx, s, fmt.Sprint("array ", n), n); err == nil {
			if g, err := a.Mutex().TryLock(ctx); err == nil {
				g.Unlock()
			}
		}
	}
	s.Stats(ctx)
	s.Check(ctx)
	s.Delete(ctx, "a")
	s.Delete(ctx, "array 20000")
}

func useCond(s *ipc.Space) {
	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	m, err := ipc.OpenMutex(ctx, s, "")
	if err != nil {
		return
	}
	c, err := ipc.OpenCond(ctx, s, "cond")
	if err != nil {
		return
	}
	if g, err := m.TryLock(ctx); err == nil {
		c.Wait(ctx, &g)
		g.Unlock()
	}
	c.Signal(ctx)
	c.Broadcast(ctx)
}
