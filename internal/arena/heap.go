package arena

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Heap is the memory behind heap arenas, and plays the kernel for them.
type Heap struct {
	words []uint64
	mu    sync.Mutex
	beds  map[*uint32][]chan struct{}
	locks map[int]*heapArena // slot -> who lives
}

// NewHeap returns size bytes of zeroes.
func NewHeap(size uint64) *Heap {
	return &Heap{
		words: make([]uint64, size/8),
		beds:  make(map[*uint32][]chan struct{}),
		locks: make(map[int]*heapArena),
	}
}

// Attach returns a new process's view of h. Closing it is that process's death.
func (h *Heap) Attach() *Arena {
	return newArena(unsafe.Pointer(unsafe.SliceData(h.words)), uint64(len(h.words))*8, &heapArena{heap: h})
}

type heapArena struct{ heap *Heap }

func (h *heapArena) sleep(word *uint32, low uint32, d time.Duration, cancel, closed <-chan struct{}) bool {
	h.heap.mu.Lock()
	if atomic.LoadUint32(word) != low {
		h.heap.mu.Unlock()
		return false
	}
	bed := make(chan struct{}, 1)
	h.heap.beds[word] = append(h.heap.beds[word], bed)
	h.heap.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	defer h.heap.leave(word, bed)
	select {
	case <-bed:
	case <-cancel:
	case <-closed:
	case <-timer.C:
		return true
	}
	return false
}

// leave takes bed out of the sleepers of word, where no wake has.
func (h *Heap) leave(word *uint32, bed chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, b := range h.beds[word] {
		if b == bed {
			h.beds[word] = append(h.beds[word][:i:i], h.beds[word][i+1:]...)
			break
		}
	}
	if len(h.beds[word]) == 0 {
		delete(h.beds, word)
	}
}

func (h *heapArena) wake(word *uint32, n int) {
	h.heap.mu.Lock()
	defer h.heap.mu.Unlock()
	beds := h.heap.beds[word]
	n = min(n, len(beds))
	for _, bed := range beds[:n] {
		bed <- struct{}{}
	}
	h.heap.beds[word] = beds[n:]
}

func (h *heapArena) reserve(off, n uint64) error { return nil }

func (h *heapArena) punch(off, n uint64) error {
	clear(h.heap.words[off/8 : (off+n)/8])
	return nil
}

func (h *heapArena) tryLock(slot int) (bool, error) {
	h.heap.mu.Lock()
	defer h.heap.mu.Unlock()
	if owner := h.heap.locks[slot]; owner != nil {
		return owner == h, nil
	}
	h.heap.locks[slot] = h
	return true, nil
}

func (h *heapArena) unlock(slot int) error {
	h.heap.mu.Lock()
	defer h.heap.mu.Unlock()
	if h.heap.locks[slot] == h {
		delete(h.heap.locks, slot)
	}
	return nil
}

func (h *heapArena) held(slot int) (bool, error) {
	h.heap.mu.Lock()
	defer h.heap.mu.Unlock()
	owner := h.heap.locks[slot]
	return owner != nil && owner != h, nil
}

func (h *heapArena) close() error {
	h.heap.mu.Lock()
	defer h.heap.mu.Unlock()
	for slot, owner := range h.heap.locks {
		if owner == h {
			delete(h.heap.locks, slot)
		}
	}
	return nil
}
