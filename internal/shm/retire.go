package shm

// Retired words are words 1 to 7 of attachments that have no owner, but belong to
// the object itself and last as long as it does. A retired word names a block that
// somebody is about to take out of its word, or has: see hazard.go.
//
//	{0} -> {b} by who is about to take b out -> {0} once b is free, or was not taken out
//
// They are no process's, so that nothing need be done for the dead: a block is
// retired before it leaves its word, and whoever finds it there, named by no word
// and by no cell, frees it. Freeing is one compare-and-swap on the block's
// generation, and so is done once, however many find it at the same time.
const attachRetired = 1 << 30 // word 0 of such an attachment; a Cond's orphans have bit 31

// replace has the word at off name another block: false where it is not what it was
// thought to be. Call collect then, after any number of these.
func (o *Object) replace(off, have, want uint64) (replaced bool, err error) {
	old := block(have & blockMask)
	var retired uint64
	if old != 0 {
		if broken != retireUnsettled {
			o.s.settle(old)
		}
		if broken != retireLate {
			if retired, err = o.retire(old); err != nil {
				return false, err
			}
		}
	}
	if !o.s.a.CompareAndSwap(off, have, want) {
		if retired != 0 {
			o.s.a.CompareAndSwap(retired, uint64(old), 0)
		}
		return false, nil
	}
	if broken == retireLate && old != 0 {
		_, err = o.retire(old)
	}
	if b := block(want & blockMask); b != 0 {
		o.s.settle(b)
	}
	return true, err
}

// retire writes b into a free retired word, and returns where that is: usually the one
// that we used last.
func (o *Object) retire(b block) (at uint64, err error) {
	if at = o.lastRetired.Load(); at != 0 && o.s.a.Load(at) == 0 && o.s.a.CompareAndSwap(at, 0, uint64(b)) {
		return at, nil
	}
	for full := false; ; {
		for attachment := range o.s.attachments(o.i, o.meta) {
			if o.s.a.Load(attachment) != attachRetired {
				continue
			}
			for k := 1; k <= attachWords; k++ {
				at = share(attachment, k)
				if o.s.a.Load(at) == 0 && o.s.a.CompareAndSwap(at, 0, uint64(b)) {
					o.lastRetired.Store(at)
					return at, nil
				}
			}
		}
		if err = o.addRetired(); err != nil {
			if full {
				return 0, err
			}
			full = true // unless collect finds that somebody has died before it did so
			o.collect()
		}
	}
}

// addRetired adds an attachment of retired words to the object. Until it is one it is
// ours, and goes with us.
func (o *Object) addRetired() error {
	at, err := o.s.attach(o.i, o.meta)
	if err != nil {
		return err
	}
	o.s.clearShares(at)
	o.s.a.CompareAndSwap(at, o.s.me.high(), attachRetired)
	return nil
}

// A leftover is a retired block that no word names any more.
type leftover struct {
	at   uint64 // the retired word
	b    block
	read bool // by somebody whose cell names it
}

// collect frees the retired blocks of the object that nobody reads.
func (o *Object) collect() {
	s := o.s
	var room [8]leftover
	all := room[:0]
	for at, b := range s.retired(o.i, o.meta) {
		switch live, named := s.stateOf(b); {
		case !live:
			s.a.CompareAndSwap(at, uint64(b), 0)
		case !named:
			all = append(all, leftover{at: at, b: b})
		}
	}
	if len(all) == 0 {
		return
	}
	if broken != collectBlindly {
		s.markRead(o.i, o.meta, all)
	}
	for _, one := range all {
		if !one.read {
			s.free(one.b)
			s.a.CompareAndSwap(one.at, uint64(one.b), 0)
		}
	}
}

// markRead marks those that a cell names. A dead reader's cells count until it is swept.
func (s *Space) markRead(i int, meta uint64, all []leftover) {
	for attachment := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(attachment)) == 0 {
			continue
		}
		for k := 1; k <= attachWords; k++ {
			name := block(s.a.Load(share(attachment, k)))
			if name == 0 {
				continue
			}
			for n := range all {
				all[n].read = all[n].read || all[n].b == name
			}
		}
	}
}

// retired yields the retired words of object i that name blocks.
func (s *Space) retired(i int, meta uint64) func(yield func(at uint64, b block) bool) {
	return func(yield func(uint64, block) bool) {
		for attachment := range s.attachments(i, meta) {
			if s.a.Load(attachment) != attachRetired {
				continue
			}
			for k := 1; k <= attachWords; k++ {
				at := share(attachment, k)
				if b := block(s.a.Load(at)); b != 0 && !yield(at, b) {
					return
				}
			}
		}
	}
}

// stateOf reports whether a block that was settled once is still in use, and whether
// the word that was to name it does. Where it is freed meanwhile the answers do no
// harm: it cannot be freed again.
func (s *Space) stateOf(b block) (live, named bool) {
	header, _, ok := s.headerOf(b)
	if !ok || s.a.Load(header) != b.word(blockLive, 0) {
		return false, false
	}
	return true, s.isNamed(header, b)
}

// freeNamed frees the block that the word at off names, and all that object i has
// retired: nobody is attached to it any more. It may be done again.
func (s *Space) freeNamed(i int, meta, off uint64) {
	if b := block(s.a.Load(off) & blockMask); b != 0 {
		s.settle(b) // its writer may have died before it did
		s.free(b)
	}
	s.freeRetired(i, meta)
}

// freeRetired frees all that object i has retired.
func (s *Space) freeRetired(i int, meta uint64) {
	for _, b := range s.retired(i, meta) {
		s.free(b)
	}
	for attachment := range s.attachments(i, meta) {
		s.a.CompareAndSwap(attachment, attachRetired, 0)
	}
}
