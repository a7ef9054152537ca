package shm

// checkHeap looks at every chunk, and at every block of those that are in use.
func (s *Space) checkHeap(say func(string, ...any)) {
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		class := chunkClass(word)
		switch st := word & stateMask; {
		case word == chunkFree:
		case st == chunkBig || st == chunkPart:
			s.checkBig(k, word, say)
		case st == chunkEmptying && ownerOf(word) == 0:
			// What a sweep has left that had no slot.
			if s.emptyChunk(k, word); s.a.Load(s.chunk(k)) == word {
				say("chunk %d (%#x) is given back by nobody", k, word)
			}
		case st != chunkOrphan && !s.known(ownerOf(word)):
			say("chunk %d (%#x) belongs to %#x, which is gone", k, word, ownerOf(word))
		case st > chunkPart || st == chunkFree || class >= len(s.heap.owned):
			say("chunk %d has no state: %#x", k, word)
		case st <= chunkGiving && st != chunkTaking:
			s.checkBlocks(k, class, say)
		}
	}
}

func (s *Space) checkBlocks(k, class int, say func(string, ...any)) {
	for i := range s.blocks(class) {
		s.checkHeader(k, i, s.header(k, i, class), say)
	}
}

func (s *Space) checkHeader(k int, i, at uint64, say func(string, ...any)) {
	header := s.a.Load(at)
	switch header & blockStates {
	case blockFilling:
		if !s.known(ownerOf(header)) {
			say("block %d of chunk %d is filled by %#x, which is gone", i, k, ownerOf(header))
		}
	case blockStates:
		say("block %d of chunk %d has no state: %#x", i, k, header)
	}
}

// checkBig looks at a chunk of a big block.
func (s *Space) checkBig(k int, word uint64, say func(string, ...any)) {
	if word&stateMask == chunkPart {
		if !s.belongs(k, word) && !s.known(ownerOf(word)) {
			say("chunk %d (%#x) is part of nothing", k, word)
		}
		return
	}
	// Who has freed it may be stopped before it did this.
	if s.giveBig(k); s.a.Load(s.chunk(k)) != word {
		return
	}
	s.checkHeader(k, 0, s.header(k, 0, 0), say)
	run := s.a.Load(s.chunk(k) + chunkRun)
	if run == 0 || run > uint64(s.usedChunks()-k) {
		say("the big block at chunk %d (%#x) has %d chunks", k, word, run)
		return
	}
	for part := k + 1; part < k+int(run); part++ {
		if word := s.a.Load(s.chunk(part)); word&stateMask != chunkPart || headOf(word) != k {
			say("chunk %d (%#x) is no part of the big block at chunk %d", part, word, k)
		}
	}
}
