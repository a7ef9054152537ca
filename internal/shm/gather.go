package shm

import "time"

// gatherTries is how often a run of free chunks is looked for, a millisecond apart,
// while others take or give back chunks that may be part of one: of two that gather
// at the same time, each can be in the other's way.
const gatherTries = 20

// gather takes the first run of n free chunks for a big block, which it begins to
// fill. It may meet what others gather at the same time, and look once more.
func (s *Space) gather(n int) (b block, err error) {
	for try := range gatherTries {
		busy := false
		for head := 0; head+n <= int(s.chunks); {
			found, next, moving, err := s.gatherAt(head, n)
			if found != 0 || err != nil {
				return found, err
			}
			head, busy = next, busy || moving
		}
		switch {
		case try == 0:
			s.buryAll()   // or what is in the way is a dead one's,
			s.giveEmpty() // or spare
		case !busy || s.a.Hooked():
			return 0, spaceFull(errTableFull)
		default:
			s.pause(time.Millisecond)
		}
	}
	return 0, spaceFull(errTableFull)
}

// gatherAt takes the n chunks from head on. Where one of them is not free it takes
// none, and returns where to look next, and whether that one may be free soon.
func (s *Space) gatherAt(head, n int) (b block, next int, moving bool, err error) {
	for k := head + n - 1; k >= head; k-- {
		if taken, moving := s.taken(k); taken {
			return 0, k + 1, moving, nil
		}
	}
	if err := s.growChunks(head + n); err != nil {
		return 0, 0, false, err
	}
	header := s.header(head, 0, 0)
	if err := s.a.Reserve(header, blockHeader); err != nil {
		return 0, 0, false, spaceFull(err)
	}
	gathering := chunkGathering | s.me.high()
	if !s.a.CompareAndSwap(s.chunk(head), chunkFree, gathering) {
		return 0, head + 1, true, nil
	}
	for k := head + 1; k < head+n; k++ {
		if !s.a.CompareAndSwap(s.chunk(k), chunkFree, partOf(head, s.me)) {
			s.release(head, k)
			return 0, k + 1, true, nil
		}
	}
	if word, free := s.fillHead(header); free {
		return s.blockAt(head, 0, 0, word), 0, false, nil
	}
	s.release(head, head+n)
	return 0, head + 1, true, nil
}

// taken reports whether chunk k is not free, and whether that may change soon.
func (s *Space) taken(k int) (taken, moving bool) {
	if k >= s.usedChunks() {
		return false, false
	}
	word := s.a.Load(s.chunk(k))
	switch word & stateMask {
	case chunkFree:
		return false, false
	case chunkTaking, chunkGiving, chunkEmptying, chunkGathering:
		return true, true
	case chunkPart:
		return true, !s.belongs(k, word)
	}
	return true, false
}

// growChunks makes sure that the first n chunks have entries.
func (s *Space) growChunks(n int) error {
	t := s.chunkTable()
	for used := s.used(&t); used < n; used = s.used(&t) {
		if err := s.grow(&t, used); err != nil {
			return err
		}
	}
	return nil
}

// fillHead begins to fill the block whose header is the first of a chunk that is
// ours. It is free, but for one who has not noticed yet that the chunk has ceased to
// be his: he is about to take his name out again, or has died before that.
func (s *Space) fillHead(header uint64) (word uint64, free bool) {
	word = s.a.Load(header)
	if word&blockStates == blockFilling && !s.known(ownerOf(word)) {
		stale := word
		word = (word + 1<<2) & blockGen
		if !s.a.CompareAndSwap(header, stale, word) {
			return word, false
		}
	}
	return word, word&blockStates == blockFree &&
		s.a.CompareAndSwap(header, word, word&blockGen|blockFilling|s.me.high())
}

// release makes the chunks from head to end, which are ours and untouched, free.
func (s *Space) release(head, end int) {
	for k := end - 1; k > head; k-- {
		s.a.CompareAndSwap(s.chunk(k), partOf(head, s.me), chunkFree)
	}
	s.a.CompareAndSwap(s.chunk(head), chunkGathering|s.me.high(), chunkFree)
}
