package shm

import "github.com/multiproc-go/multiproc/internal/driver"

// stripDict frees all that a dict is, which nobody has, or will ever have. It may go on
// where one has died who did the same: what is not live any more has been freed, and may
// be another's. Of a dict that was never live many may be here at once; it is empty.
func stripDict(s *Space, i int, meta uint64) {
	root := block(s.a.Load(s.object(i)+entRoot) & blockMask)
	if root == 0 || s.a.Load(s.object(i)) != meta {
		return
	}
	s.settle(root)
	if live, _ := s.stateOf(root); live {
		shards := block(s.a.Load(root.offset()+dictShards) & blockMask)
		o := &Object{s: s, i: i, at: s.object(i), meta: meta, spec: s.specOf(i)}
		if d := s.openDict(o); d != nil && state(meta) == stateReclaiming {
			d.freeAll()
		}
		if shards != 0 {
			s.settle(shards)
			s.free(shards)
		}
		s.free(root)
	}
	s.freeRetired(i, meta)
}

// freeAll frees what hangs on the shards, and the segments.
func (d *dict) freeAll() {
	s := d.o.s
	for k := range d.shards {
		d.walk(&d.shards[k], func(b block, _ uint64) bool {
			s.settle(b)
			s.free(b)
			return true
		})
	}
	for k := range uint64(dictSegments) {
		if b := block(s.a.Load(d.root+dictSegment0+8*k) & blockMask); b != 0 {
			s.settle(b)
			s.free(b)
		}
	}
}

// walk yields the blocks of a shard: bodies before the block that names them, with where
// that is. What an entry names that does not belong to its bucket any more is not among
// them. The caller is in the stand, or alone.
func (d *dict) walk(shard *dictShard, yield func(b block, off uint64) bool) {
	s := d.o.s
	n := min(uint64(uint32(s.a.Load(shard.size))), 1<<d.bits)
	if s.a.Load(shard.at+standOp)&opUnderWay != 0 {
		_ = shard.mend()
	}
	current := isOf(s.a.Load(shard.size), d.now()) // or else bodies may have been freed already
	for b := range n + 1 {
		off, err := d.bucket(shard, b)
		if err != nil {
			continue
		}
		word := s.a.Load(off)
		named := block(word & blockMask)
		if named == 0 {
			continue
		}
		s.settle(named)
		if live, _ := s.stateOf(named); !live {
			continue
		}
		content, err := s.content(word)
		if err != nil {
			continue
		}
		for e := range entries(content) {
			if e.body == 0 || indexOf(d.low(e.hash), n) != b {
				continue
			}
			if live, _ := s.stateOf(e.body); (live || current) && !yield(e.body, 0) {
				return
			}
		}
		if !yield(named, off) {
			return
		}
	}
	for k := range shard.shape.news + shard.shape.ring { // one that is free by now has died with who freed it
		b := block(s.a.Load(shard.new(k)))
		if live, _ := s.stateOf(b); live && !yield(b, 0) {
			return
		}
	}
}

// within calls do in the stand of a shard, unless somebody has stopped there.
func (d *dict) within(shard *dictShard, do func()) bool {
	entered, err := shard.enterSoon()
	if !entered || err != nil {
		return false
	}
	do()
	shard.exit(0)
	return true
}

// lookIntoDict calls look with each shard of object i, in its stand; it reports whether it
// could.
func (s *Space) lookIntoDict(i int, meta uint64, look func(d *dict, shard *dictShard)) (done bool) {
	return s.asUser(i, meta, func(o *Object) bool {
		if o.dict == nil {
			return false
		}
		done := true
		for k := range o.dict.shards {
			shard := &o.dict.shards[k]
			done = o.dict.within(shard, func() { look(o.dict, shard) }) && done
		}
		return done
	})
}

// dictBlocks calls yield with each block that object i, a dict, has; it reports whether
// these are all.
func (s *Space) dictBlocks(i int, meta uint64, yield func(block)) (all bool) {
	return s.lookIntoDict(i, meta, func(d *dict, shard *dictShard) {
		if shard.k == 0 {
			for _, b := range d.own() {
				yield(b)
			}
		}
		d.walk(shard, func(b block, _ uint64) bool {
			yield(b)
			return true
		})
	})
}

// own are the blocks of no shard.
func (d *dict) own() []block {
	a := d.o.s.a
	all := []block{block(a.Load(d.o.at+entRoot) & blockMask), block(a.Load(d.root+dictShards) & blockMask)}
	for k := range uint64(dictSegments) {
		if b := block(a.Load(d.root+dictSegment0+8*k) & blockMask); b != 0 {
			all = append(all, b)
		}
	}
	return all
}

// checkDict says what is wrong with a dict.
func checkDict(s *Space, i int, meta uint64, say func(string, ...any)) {
	if state(meta) != stateLive {
		return
	}
	if s.openDict(&Object{s: s, i: i, at: s.object(i), meta: meta, spec: s.specOf(i)}) == nil {
		say("the dict that object %d (%#x) is has no memory: %#x", i, meta, s.a.Load(s.object(i)+entRoot))
		return
	}
	s.lookIntoDict(i, meta, func(d *dict, shard *dictShard) {
		d.check(shard, func(format string, args ...any) {
			say("shard %d of object %d (%#x): "+format, append([]any{shard.k, i, meta}, args...)...)
		})
	})
}

// check looks, in its stand, at a shard.
func (d *dict) check(shard *dictShard, say func(string, ...any)) {
	s := d.o.s
	size := s.a.Load(shard.size)
	n := uint64(uint32(size))
	if n < dictBase || n > 1<<d.bits {
		say("it has %d buckets", n)
		return
	}
	count, blocks := uint64(0), make(map[block]bool)
	d.walk(shard, func(b block, off uint64) bool {
		if live, _ := s.stateOf(b); !live {
			say("block %#x of generation %d is named, and is not in use", b.offset(), b.generation())
		} else if blocks[b] {
			say("block %#x of generation %d is used twice", b.offset(), b.generation())
		}
		blocks[b] = true
		return true
	})
	if !isOf(size, d.now()) {
		return // it is empty, and not wiped yet
	}
	for b := range n {
		off, err := d.bucket(shard, b)
		if err != nil {
			say("%v", err)
			return
		}
		count += d.checkBucket(shard, off, b, n, say)
	}
	if have := s.a.Load(shard.at + standCount); have != count && isOf(size, d.now()) {
		say("it counts %d entries, and has %d", have, count)
	}
}

// checkBucket looks at the entries of bucket b, of n, and returns how many belong there.
func (d *dict) checkBucket(shard *dictShard, off, b, n uint64, say func(string, ...any)) (count uint64) {
	s := d.o.s
	content, err := s.content(s.a.Load(off))
	keys := make(map[string]bool)
	for len(content) > 0 && err == nil {
		var e entryOf
		if e, content, err = nextEntry(content); err != nil || indexOf(d.low(e.hash), n) != b {
			continue
		}
		if e.body != 0 {
			if e.key, _, err = s.readBody(e.body); err != nil {
				break
			}
		}
		count++
		switch {
		case d.hash(e.key) != e.hash || d.shard(e.hash) != shard:
			say("bucket %d has an entry that belongs elsewhere: %#x", b, e.hash)
		case keys[string(e.key)]:
			say("bucket %d has a key twice: %#x", b, e.hash)
		}
		keys[string(e.key)] = true
	}
	if err != nil {
		say("bucket %d: %v", b, err)
	}
	return count
}

// pictureDict adds how many entries there are, and what they take.
func pictureDict(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	s.lookIntoDict(i, meta, func(d *dict, shard *dictShard) {
		if shard.k == 0 {
			for _, b := range d.own() {
				one.Bytes += int64(s.blockSize(b))
			}
		}
		if isOf(s.a.Load(shard.size), d.now()) {
			one.Len += int(s.a.Load(shard.at + standCount))
		}
		d.walk(shard, func(b block, _ uint64) bool {
			one.Bytes += int64(s.blockSize(b))
			return true
		})
	})
}
