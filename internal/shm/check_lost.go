package shm

// checkLost looks for blocks that are in use though nothing leads to them: no word,
// and nobody who will free them. It knows that of blocks that an object's own word
// was to name, and of those that are fifos' or dicts'.
func (s *Space) checkLost(say func(string, ...any)) {
	retired := s.allRetired()
	led, all := s.allLed()
	for header, b := range s.liveBlocks {
		names := s.a.Load(header + 8)
		if names >= s.chunkAt && all && !led[b] && !retired[b] && s.a.Load(header) == b.word(blockLive, 0) {
			say("block %#x of generation %d is in use, and nothing leads to it", b.offset(), b.generation())
		}
		i, inside := (names-s.objectAt)/objectSize, (names-s.objectAt)%objectSize
		if names < s.objectAt || i >= s.objects || inside >= entKind || retired[b] {
			continue
		}
		led := s.isNamed(header, b) && state(s.a.Load(s.object(int(i)))) != stateFree
		if !led && s.a.Load(header) == b.word(blockLive, 0) {
			say("block %#x of generation %d is in use, and the word at %#x does not name it", b.offset(), b.generation(), names)
		}
	}
}

// allLed are the blocks that fifos and dicts are made of, and whether these are all of
// them.
func (s *Space) allLed() (blocks map[block]bool, all bool) {
	blocks, all = make(map[block]bool), true
	objects := s.objectTable()
	for i := range s.used(&objects) {
		meta := s.a.Load(s.object(i))
		k := s.specOf(i).Kind
		switch {
		case state(meta) == stateFree || !k.known():
			continue
		case k == DictKind:
			all = s.dictBlocks(i, meta, func(b block) { blocks[b] = true }) && all
			continue
		case kinds[k].fifos == 0:
			continue
		}
		done := s.lookInto(i, meta, func(f *fifo) {
			for _, b := range f.blocks() {
				blocks[b] = true
			}
		})
		all = all && done
	}
	return blocks, all
}

// liveBlocks yields the headers of blocks that are in use, and their names.
func (s *Space) liveBlocks(yield func(header uint64, b block) bool) {
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		class, blocks := chunkClass(word), uint64(0)
		switch st := word & stateMask; {
		case st == chunkBig:
			class, blocks = 0, 1
		case st == chunkOwned || st == chunkOrphan || st == chunkGiving:
			if class < len(s.heap.owned) {
				blocks = s.blocks(class)
			}
		}
		for i := range blocks {
			header := s.header(k, i, class)
			word := s.a.Load(header)
			if b := s.blockAt(k, i, class, word); word == b.word(blockLive, 0) && !yield(header, b) {
				return
			}
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
