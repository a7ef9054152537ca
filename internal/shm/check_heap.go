package shm

// checkHeap looks at every chunk, and at every block of those that are in use.
func (s *Space) checkHeap(say func(string, ...any)) {
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		class := chunkClass(word)
		switch st := word & stateMask; {
		case word == chunkFree:
			continue
		case st > chunkGiving || st == chunkFree || class >= len(s.heap.owned):
			say("chunk %d has no state: %#x", k, word)
			continue
		case st != chunkOrphan && !s.known(ownerOf(word)):
			say("chunk %d (%#x) belongs to %#x, which is gone", k, word, ownerOf(word))
		}
		for i := range s.blocks(class) {
			header := s.a.Load(s.header(k, i, class))
			switch header & blockStates {
			case blockFilling:
				if !s.known(ownerOf(header)) {
					say("block %d of chunk %d is filled by %#x, which is gone", i, k, ownerOf(header))
				}
			case blockStates:
				say("block %d of chunk %d has no state: %#x", i, k, header)
			}
		}
	}
}
