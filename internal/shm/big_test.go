//go:build linux

package shm

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func isZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

func TestHeap_bigBlocksAreZeroAndGiveTheirMemoryBack(t *testing.T) {
	s := heapSpace(t)
	empty := s.usedBytes()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	lots := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		var blocks []block
		for total := uint64(0); total < 100<<20; {
			n := s.chunkSize/2 + 1 + lots.Uint64N(1<<(18+lots.IntN(8)))
			total += n
			b, err := s.alloc(n, headerSize-8)
			if err != nil {
				t.Fatal(err)
			}
			s.settle(b)
			mem := s.a.Bytes(b.offset(), n)
			if !isZero(mem) {
				t.Fatal("a new big block is not all zeroes")
			}
			for i := range mem {
				mem[i] = 1
			}
			blocks = append(blocks, b)
		}
		if err := s.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		lots.Shuffle(len(blocks), func(i, k int) { blocks[i], blocks[k] = blocks[k], blocks[i] })
		for _, b := range blocks {
			if !s.free(b) || s.free(b) {
				t.Fatalf("block %#x cannot be freed once and not twice", b)
			}
		}
		if used := s.usedBytes(); used > empty+128*chunkEntry*10 {
			t.Fatalf("%d bytes are in use when all is free, %d at first", used, empty)
		}
		if err := s.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHeap_aBigBlockThatDoesNotFitIsErrNoSpaceAndTakesNothing(t *testing.T) {
	s := heapSpace(t)
	whole, err := s.alloc(s.chunks*s.chunkSize, headerSize-8)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint64{1, s.chunkSize, s.chunks * s.chunkSize, 1 << 62} {
		if _, err := s.alloc(n, headerSize-8); !errors.Is(err, driver.ErrNoSpace) {
			t.Errorf("%d bytes of a full heap: %v", n, err)
		}
	}
	s.free(whole)
	half, err := s.alloc(s.chunks/2*s.chunkSize, headerSize-8)
	if err != nil {
		t.Fatal(err)
	}
	used := s.usedBytes()
	if _, err := s.alloc((s.chunks-s.chunks/2+1)*s.chunkSize, headerSize-8); !errors.Is(err, driver.ErrNoSpace) {
		t.Errorf("more than there is in one piece: %v", err)
	}
	if now := s.usedBytes(); now != used {
		t.Errorf("what failed has taken %d bytes", now-used)
	}
	s.free(half)
}

// Each in the other's way, all get what they want in the end: there is room.
func TestHeap_manyMakeBigBlocksAtOnce(t *testing.T) {
	s := heapSpace(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				b, err := s.alloc(3*s.chunkSize, headerSize-8)
				if err != nil {
					t.Error(err)
					return
				}
				mem := s.a.Bytes(b.offset(), 3*s.chunkSize)
				mem[0]++
				mem[len(mem)-1]++
				if mem[0] != 1 || mem[len(mem)-1] != 1 {
					t.Error("a block is somebody else's too")
				}
				s.settle(b)
				if !s.free(b) {
					t.Error("a block cannot be freed")
				}
			}
		})
	}
	all.Wait()
	if err := s.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

func BenchmarkHeap_allocAndFreeBig(b *testing.B) {
	s := heapSpace(b)
	const size = 64 << 20
	b.SetBytes(size)
	for b.Loop() {
		block, err := s.alloc(size, headerSize-8)
		if err != nil {
			b.Fatal(err)
		}
		s.free(block)
	}
}
