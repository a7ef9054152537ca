package shm

// A big block is one of more than half a chunk. It has a run of chunks for itself:
// the first is its head, whose first header is the block's, and the others are its
// parts.
//
//	head, word 0: bits 0-3 state, bits 4-31 generation of the block, once it is big;
//	              bits 32-63 who gathers it
//	part, word 0: bits 0-3 state, bits 4-31 the head, bits 32-63 who gathered it
//
// head: {free} -> {gathering: me} -> {big: g} -> {emptying: anybody} -> {free}
// part: {free} -> {part: head, me} -> {emptying: anybody} -> {free}
//
// The head is taken first and given back last, so that parts name it only while it
// is theirs. From {big} on they belong to it, whoever gathered them; before that they
// are the gatherer's, and the sweep gives back what it finds. {big: g} names the
// block's generation: who frees a block, and comes late, does not give back the
// chunks of the next one.
//
// The memory is punched before it is reserved: a big block is all zeroes.

const bigGen = 1<<28 - 1

func (b block) bigWord() uint64 {
	if broken == giveAnyBig {
		return chunkBig
	}
	return chunkBig | b.generation()&bigGen<<4
}

func partOf(head int, o owner) uint64 { return chunkPart | uint64(head)<<4 | o.high() }

// headOf is the head that the word of a part names.
func headOf(part uint64) int { return int(uint32(part) >> 4) }

// allocBig is alloc for big blocks.
func (s *Space) allocBig(n, names uint64) (block, error) {
	chunks := n/s.chunkSize + min(n%s.chunkSize, 1)
	if chunks > s.chunks {
		return 0, spaceFull(errBlockTooLarge)
	}
	b, err := s.gather(int(chunks))
	if err != nil {
		return 0, err
	}
	head := s.chunkOf(b)
	header, gathering := s.header(head, 0, 0), chunkGathering|s.me.high()
	s.a.Store(header+8, names)
	s.a.Store(s.chunk(head)+chunkRun, chunks)
	if err = s.a.Punch(b.offset(), chunks*s.chunkSize); err == nil {
		err = s.a.Reserve(b.offset(), chunks*s.chunkSize)
		if err != nil && s.giveEmpty() {
			err = s.a.Reserve(b.offset(), chunks*s.chunkSize)
		}
	}
	if err != nil {
		s.a.CompareAndSwap(header, b.word(blockFilling, s.me), b.next())
		s.emptyChunk(head, gathering)
		return 0, spaceFull(err)
	}
	s.a.CompareAndSwap(s.chunk(head), gathering, b.bigWord())
	return b, nil
}

// undoBig takes o, which is dead, out of chunk k, whose word says that it is for a
// big block.
func (s *Space) undoBig(k int, word uint64, o owner) {
	switch word & stateMask {
	case chunkGathering:
		if ownerOf(word) == o {
			s.undoBlock(k, 0, 0, o)
			s.emptyChunk(k, word)
		}
	case chunkPart:
		if ownerOf(word) == o && !s.belongs(k, word) && broken != forgetParts {
			s.emptyChunk(k, word)
		}
	case chunkBig:
		s.undoBlock(k, 0, 0, o)
		s.giveBig(k) // who freed the block may have died before this
	}
}

// belongs reports whether chunk k, whose word is a part's, is part of a big block.
// Whoever makes a big block at the head has its parts before it says how many.
func (s *Space) belongs(k int, part uint64) bool {
	head := headOf(part)
	return head < k && s.a.Load(s.chunk(head))&stateMask == chunkBig &&
		uint64(k-head) < s.a.Load(s.chunk(head)+chunkRun)
}

// giveBig gives back the chunks of the big block that begins with chunk k, if it is
// free: its header has gone on to the next generation.
func (s *Space) giveBig(k int) {
	word := s.a.Load(s.chunk(k))
	header := s.a.Load(s.header(k, 0, 0))
	free := word>>4 != header>>2&bigGen
	if broken == giveAnyBig {
		free = header&blockStates == blockFree
	}
	if word&stateMask == chunkBig && free {
		s.emptyChunk(k, word)
	}
}

// emptyParts gives back the parts of the head k, which is mine to empty.
func (s *Space) emptyParts(k int, mine uint64) {
	run := int(min(s.a.Load(s.chunk(k)+chunkRun), uint64(s.usedChunks()-k)))
	for part := k + 1; part < k+run; part++ {
		word := s.a.Load(s.chunk(part))
		switch {
		case word&stateMask != chunkPart || headOf(word) != k:
		case broken == emptyBlindly:
			s.punchChunk(part, word)
		case s.a.CompareAndSwap(s.chunk(part), word, mine):
			s.punchChunk(part, mine)
		}
	}
}
