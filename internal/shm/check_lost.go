package shm

// checkLost looks for blocks that are in use though nothing leads to them: no word,
// and nobody who will free them. It knows that of blocks that an object's own word
// was to name.
func (s *Space) checkLost(say func(string, ...any)) {
	retired := s.allRetired()
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		class := chunkClass(word)
		if word == chunkFree || class >= len(s.heap.owned) {
			continue
		}
		for i := range s.blocks(class) {
			header := s.header(k, i, class)
			word := s.a.Load(header)
			b := s.blockAt(k, i, class, word)
			names := s.a.Load(header + 8)
			if word != b.word(blockLive, 0) || names < s.objectAt || names >= s.annex ||
				retired[b] || s.isNamed(header, b) || s.a.Load(header) != word {
				continue
			}
			say("block %#x (%#x) is in use, and the word at %#x does not name it", b.offset(), word, names)
		}
	}
}

// allRetired are the blocks that will be freed once nobody reads them. It is asked
// for before looking at the blocks: they are there before they leave their words.
func (s *Space) allRetired() map[block]bool {
	all := make(map[block]bool)
	objects := s.objectTable()
	for i := range s.used(&objects) {
		meta := s.a.Load(s.object(i))
		if state(meta) == stateFree {
			continue
		}
		for _, b := range s.retired(i, meta) {
			all[b] = true
		}
	}
	return all
}
