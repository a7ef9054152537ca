//go:build linux

package shm

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
)

func heapSpace(t testing.TB) *Space {
	t.Helper()
	a, err := arena.Memory(512 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if err := Format(a, 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	s, err := Attach(a, [2]uint64{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestHeap_givesOutEachByteOnceAndGivesMemoryBack(t *testing.T) {
	s := heapSpace(t)
	first, err := s.alloc(1, headerSize-8)
	if err != nil || !s.free(first) {
		t.Fatal(err)
	}
	empty := s.usedBytes()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	lots := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		taken := make(map[uint64]bool) // by pieces of 64 bytes
		var blocks []block
		for range 20_000 {
			n := 1 + lots.Uint64N(1<<lots.IntN(13))
			b, err := s.alloc(n, headerSize-8)
			if err != nil {
				t.Fatal(err)
			}
			s.settle(b)
			for at := b.offset() / 64; at < (b.offset()+n+63)/64; at++ {
				if taken[at] {
					t.Fatalf("bytes at %#x are given out twice", at*64)
				}
				taken[at] = true
			}
			blocks = append(blocks, b)
		}
		if err := s.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		lots.Shuffle(len(blocks), func(i, k int) { blocks[i], blocks[k] = blocks[k], blocks[i] })
		for _, b := range blocks {
			if !s.free(b) {
				t.Fatalf("block %#x cannot be freed", b)
			}
			if s.free(b) {
				t.Fatalf("block %#x can be freed twice", b)
			}
		}
		if used := s.usedBytes(); used > empty+spareChunks*s.chunkSize {
			t.Fatalf("%d bytes are in use when all is free, %d at first", used, empty)
		}
		s.giveEmpty()
		if used := s.usedBytes(); used > empty {
			t.Fatalf("%d bytes are in use when all has been given back, %d at first", used, empty)
		}
	}
}

func TestClassOf_isTheSmallestThatFits(t *testing.T) {
	for n := uint64(1); n <= 1<<20; n += 1 + n/7 {
		class := classOf(n)
		if classSize(class) < n || class > 0 && classSize(class-1) >= n {
			t.Errorf("%d bytes have class %d of %d bytes", n, class, classSize(class))
		}
	}
}

func BenchmarkHeap_allocAndFree(b *testing.B) {
	s := heapSpace(b)
	keep, err := s.alloc(64, headerSize-8)
	if err != nil {
		b.Fatal(err)
	}
	defer s.free(keep)
	for b.Loop() {
		block, err := s.alloc(64, headerSize-8)
		if err != nil {
			b.Fatal(err)
		}
		s.settle(block)
		s.free(block)
	}
}

func TestHeap_hasNoBlockThatCannotBeNamed(t *testing.T) {
	for _, size := range []uint64{MinBytes, 1 << 30, 100 << 30, 200 << 30, 1 << 50} {
		l := standard(size)
		last := l.chunkAt + l.chunks*l.chunkSize - minBlock
		if named := block(last / minBlock).offset(); named != last || last >= size || l.chunks == 0 {
			t.Errorf("in a space of %d bytes the last block of %d chunks is at %#x, and called %#x", size, l.chunks, last, named)
		}
	}
}
