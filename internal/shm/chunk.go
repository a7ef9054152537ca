package shm

// A chunk is a piece of the heap, cut into blocks of one size, or a piece of a big
// block. Its entry:
//
//	word 0: bits 0-3 state, bits 4-11 class, bit 12 mixed, bits 32-63 owner;
//	        for the chunks of big blocks see there
//	word 1: how many of its blocks are in use, about
//	word 2: how many have been freed
//	word 3: how many chunks the big block has that begins here, or has begun
//
// {free} -> {taking: me} -> {owned: me, class} -> {giving: anybody} -> {free}, and
// {owned: dead} -> {orphan: class} -> {owned: me, class}. It has memory while it is
// owned or an orphan. Mixed is a chunk that was taken from an owner who may still
// be filling blocks of it.
//
// {emptying: anybody} -> {free} is a chunk without blocks whose memory is given back.
// Nobody's is for whoever comes by: it is what a sweep leaves that has no slot yet.
const (
	chunkFree = iota
	chunkTaking
	chunkOwned
	chunkOrphan
	chunkGiving
	chunkEmptying
	chunkGathering // of big blocks: see there
	chunkBig
	chunkPart

	chunkMixed = 1 << 12

	chunkUsed  = 8
	chunkFrees = 16
	chunkRun   = 24
	chunkEntry = 32

	maxChunks = 1 << 28 // a part's word has 28 bits for its head
)

func chunkWord(state uint64, class int, o owner) uint64 {
	return state | uint64(class)<<4 | o.high()
}

func chunkClass(word uint64) int { return int(word >> 4 & 255) }

func (s *Space) chunkTable() table {
	return table{at: s.chunksAt, size: chunkEntry, count: s.chunks, high: hdrChunksHigh}
}

// usedChunks is how many chunks have entries.
func (s *Space) usedChunks() int {
	t := s.chunkTable()
	return s.used(&t)
}

func (s *Space) chunk(k int) uint64      { return s.chunksAt + uint64(k)*chunkEntry }
func (s *Space) chunkStart(k int) uint64 { return s.chunkAt + uint64(k)*s.chunkSize }

// ownsChunk reports whether chunk k is ours, and of that class.
func (s *Space) ownsChunk(k, class int) bool {
	return s.a.Load(s.chunk(k))&^chunkMixed == chunkWord(chunkOwned, class, s.me)
}

func (s *Space) header(k int, i uint64, class int) uint64 {
	return s.headersAt + uint64(k)*s.headerRow() + i*classSize(class)/minBlock*blockHeader
}

// headerRow is how much room the headers of a chunk have.
func (l *layout) headerRow() uint64 { return l.chunkSize / minBlock * blockHeader }

// takeChunk makes a chunk of a class ours: one that nobody owns any more, or a free
// one.
func (s *Space) takeChunk(class int) (k int, err error) {
	mine := chunkWord(chunkOwned, class, s.me)
	for k := range s.usedChunks() {
		word := s.a.Load(s.chunk(k))
		if word&^chunkMixed == chunkWord(chunkOrphan, class, 0) &&
			s.a.CompareAndSwap(s.chunk(k), word, mine|word&chunkMixed) {
			s.a.Store(s.chunk(k)+chunkUsed, s.inUse(k, class))
			return k, nil
		}
	}
	taking := chunkWord(chunkTaking, class, s.me)
	free := func(word uint64) bool { return word == chunkFree }
	k, err = s.claim(s.chunkTable(), 0, free, func(uint64) uint64 { return taking })
	if err != nil {
		return 0, err
	}
	if err = s.a.Reserve(s.header(k, 0, 0), s.headerRow()); err == nil {
		err = s.a.Reserve(s.chunkStart(k), s.chunkSize)
	}
	if err != nil {
		s.emptyChunk(k, taking)
		return 0, spaceFull(err)
	}
	s.a.Store(s.chunk(k)+chunkUsed, 0)
	s.a.CompareAndSwap(s.chunk(k), taking, mine)
	return k, nil
}

// giveChunk gives the memory of a chunk back to the system, if all its blocks are
// free. It may be anybody's: its owner looks at the chunk after it has begun to
// fill a block, and we look at the blocks after we have taken the chunk.
func (s *Space) giveChunk(k int) {
	at := s.chunk(k)
	word := s.a.Load(at)
	if st := word & stateMask; st != chunkOwned && st != chunkOrphan || s.me == 0 {
		return
	}
	giving := chunkWord(chunkGiving, chunkClass(word), s.me)
	if !s.a.CompareAndSwap(at, word, giving) {
		return
	}
	if s.inUse(k, chunkClass(word)) > 0 {
		s.a.CompareAndSwap(at, giving, chunkWord(chunkOrphan, chunkClass(word), 0)|chunkMixed)
		return
	}
	s.punchChunk(k, giving)
}

func (s *Space) punchChunk(k int, giving uint64) {
	_ = s.a.Punch(s.chunkStart(k), s.chunkSize) // or it keeps its memory until it is used again
	s.a.CompareAndSwap(s.chunk(k), giving, chunkFree)
}

// emptyChunk gives back the memory of chunk k, which is what word says and has no
// blocks, and that of its parts if it was a big block's.
func (s *Space) emptyChunk(k int, word uint64) {
	mine := chunkEmptying | s.me.high()
	if !s.a.CompareAndSwap(s.chunk(k), word, mine) || s.me == 0 {
		return
	}
	s.emptyParts(k, mine)
	s.punchChunk(k, mine)
}

// inUse counts the blocks of chunk k that are not free.
func (s *Space) inUse(k, class int) (n uint64) {
	for i := range s.blocks(class) {
		if s.a.Load(s.header(k, i, class))&blockStates != blockFree {
			n++
		}
	}
	return n
}

// undoChunk takes o, which is dead, out of chunk k.
func (s *Space) undoChunk(k int, o owner) {
	word := s.a.Load(s.chunk(k))
	switch word & stateMask {
	case chunkFree:
	case chunkTaking:
		if ownerOf(word) == o {
			s.emptyChunk(k, word)
		}
	case chunkEmptying:
		if ownerOf(word) == o || ownerOf(word) == 0 {
			s.emptyChunk(k, word)
		}
	case chunkGathering, chunkBig, chunkPart:
		s.undoBig(k, word, o)
	default:
		s.undoCut(k, word, o)
	}
}

// undoCut takes o out of chunk k, which is cut into blocks.
func (s *Space) undoCut(k int, word uint64, o owner) {
	at, class := s.chunk(k), chunkClass(word)
	if class >= len(s.heap.owned) {
		return
	}
	if ownerOf(word) == o || word&chunkMixed != 0 || word&stateMask == chunkGiving {
		for i := range s.blocks(class) {
			s.undoBlock(k, i, class, o)
		}
	}
	if ownerOf(word) != o {
		return
	}
	switch word & stateMask {
	case chunkOwned:
		if s.a.CompareAndSwap(at, word, chunkWord(chunkOrphan, class, 0)) {
			s.giveChunk(k)
		}
	case chunkGiving:
		if s.a.CompareAndSwap(at, word, chunkWord(chunkOrphan, class, 0)|chunkMixed) {
			s.giveChunk(k)
		}
	}
}

// undoBlock decides about a block that o was filling.
func (s *Space) undoBlock(k int, i uint64, class int, o owner) {
	header := s.header(k, i, class)
	word := s.a.Load(header)
	if word&blockStates != blockFilling || ownerOf(word) != o {
		return
	}
	b := s.blockAt(k, i, class, word)
	if s.isNamed(header, b) && broken != forgetNamed {
		s.a.CompareAndSwap(header, word, b.word(blockLive, 0))
	} else if s.a.CompareAndSwap(header, word, b.next()) {
		s.freed(k)
	}
}

// isNamed reports whether the word that was to name b does.
func (s *Space) isNamed(header uint64, b block) bool {
	names := s.a.Load(header + 8)
	return names%8 == 0 && names < s.size && s.a.Load(names)&blockMask == uint64(b)
}
