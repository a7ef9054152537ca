package shm

import (
	"slices"
	"sync"
)

// spares are chunks, whosever they are, that this process has made empty, the last ones
// last. They keep their memory for a while: else a value whose size changes, or a queue
// that is empty now and then, would take a chunk and give one back each time, at 0.3 to
// 1 ms of the kernel's time. There are twelve classes of blocks up to 6 KiB. Who finds
// the space full gives back all that is empty, and so does the sweep.
type spares struct {
	mu     sync.Mutex
	chunks []int
}

const spareChunks = 12

// keep adds chunk k, and returns one that is a spare no more.
func (p *spares) keep(k int) (oldest int, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.chunks, k); i >= 0 {
		p.chunks = slices.Delete(p.chunks, i, i+1)
	}
	p.chunks = append(p.chunks, k)
	if len(p.chunks) <= spareChunks {
		return 0, false
	}
	oldest = p.chunks[0]
	p.chunks = slices.Delete(p.chunks, 0, 1)
	return oldest, true
}

// emptied is what becomes of a chunk when its last block has been freed.
func (s *Space) emptied(k int) {
	if s.a.Hooked() {
		s.giveChunk(k)
		return
	}
	if k, full := s.heap.spares.keep(k); full && s.a.Load(s.chunk(k)+chunkUsed) == 0 {
		s.giveChunk(k)
	}
}

// giveEmpty gives back all chunks that are empty, and reports whether there were any.
func (s *Space) giveEmpty() (gave bool) {
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		st, class := word&stateMask, chunkClass(word)
		if st != chunkOwned && st != chunkOrphan || class >= len(s.heap.owned) || s.inUse(k, class) > 0 {
			continue
		}
		s.giveChunk(k)
		gave = gave || s.a.Load(s.chunk(k)) == chunkFree
	}
	return gave
}
