package arena

import "sync/atomic"

// A Word is a word of an arena whose offset was checked once, for the paths that
// have to be short. It is good as long as its Arena is not collected.
type Word struct {
	p   *uint64
	a   *Arena
	off uint64
}

// Word returns the word at off.
func (a *Arena) Word(off uint64) Word { return Word{a.word(off), a, off} }

// Load is Arena.Load.
func (w *Word) Load() uint64 {
	if hooked {
		return w.a.Load(w.off)
	}
	return atomic.LoadUint64(w.p)
}

// CompareAndSwap is Arena.CompareAndSwap.
func (w *Word) CompareAndSwap(old, new uint64) bool {
	if hooked {
		return w.a.CompareAndSwap(w.off, old, new)
	}
	return atomic.CompareAndSwapUint64(w.p, old, new)
}

// Peek is Load unseen by the hook.
func (w *Word) Peek() uint64 { return atomic.LoadUint64(w.p) }
