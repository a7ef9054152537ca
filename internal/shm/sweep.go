package shm

// bury does what is to be done when o is dead, and nothing while it lives.
func (s *Space) bury(o owner) {
	if s.begins() {
		defer s.ends()
		if !s.alive(o) {
			s.undo(o)
		}
	}
}

// unlessDead reports whether o lives; a dead one is buried.
func (s *Space) unlessDead(o owner) bool {
	if s.alive(o) {
		return true
	}
	s.bury(o)
	return false
}

// buryAll looks at every slot's owner.
func (s *Space) buryAll() {
	for o := range s.owners {
		s.bury(o)
	}
}

// undo is the sweep: it takes o, which is dead or has ceased to act, out of
// everything, and then frees its slot. It takes no lock. Each step names o, and is
// done or has no effect; so any number of processes may be here at once, or stop
// or die here, and all that they leave is the same work for the next one.
func (s *Space) undo(o owner) {
	at := s.slot(o.slot() % int(s.slots))
	if broken == freeSlotFirst {
		s.a.CompareAndSwap(at, o.taken(), o.incarnation()<<32)
	}
	objects, annexes := s.objectTable(), s.annexTable()
	for i := range s.used(&objects) {
		s.undoObject(i, o)
	}
	for i := range s.used(&annexes) {
		s.undoAnnex(annexes.entry(i), o)
	}
	for k := range s.usedChunks() {
		s.undoChunk(k, o)
		if s.a.Load(s.chunk(k)+chunkUsed) == 0 && !s.a.Hooked() {
			s.giveChunk(k) // which it may have kept as a spare
		}
	}
	if o != s.me || len(s.given) == 0 {
		s.a.CompareAndSwap(at, o.taken(), o.incarnation()<<32)
	}
}

func (s *Space) undoObject(i int, o owner) {
	at := s.object(i)
	meta := s.a.Load(at)
	switch state(meta) {
	case stateFree:
		// It may have begun to attach when the object was still there.
	case stateMaking, stateAborted:
		for unmade(meta) && ownerOf(meta) == o { // again if a rival has aborted it
			s.unmake(i, meta)
			meta = s.a.Load(at)
		}
	case stateReclaiming:
		if ownerOf(meta) == o {
			s.a.CompareAndSwap(at, meta, become(meta, stateDeleted, 0))
		}
	case stateLive, stateDeleted:
		s.recover(i, meta, o)
	}
	for attached := range s.attachments(i, meta) {
		if !s.keeps(attached, o) {
			s.detach(attached, o)
		}
	}
	s.reclaim(i, identOf(i, meta))
}

func unmade(meta uint64) bool { return state(meta) == stateMaking || state(meta) == stateAborted }

// unmake frees the entry of an object that is not to be. Any number of sweepers may be
// here at once, and come late: they strip only what is furnished before it is live.
func (s *Space) unmake(i int, meta uint64) {
	k := Kind(s.a.Load(s.object(i) + entKind))
	if k.known() && (kinds[k].furnish != nil || broken == stripAnything) && broken != forgetMaking {
		s.strip(i, meta)
	}
	s.a.CompareAndSwap(s.object(i), meta, become(meta, stateFree, 0))
}

// recover takes o out of the object's own words, and makes up for a wake that may
// have ended with o: it may have died between doing something and waking, or been
// woken and died before it did what it was woken for.
func (s *Space) recover(i int, meta uint64, o owner) {
	at := s.object(i)
	attached := false
	for attachment := range s.attachments(i, meta) {
		attached = attached || ownerOf(s.a.Load(attachment)) == o
	}
	k := Kind(s.a.Load(at + entKind))
	if !k.known() || !(s.recoverKind(k, i, meta, o) || attached || state(meta) == stateDeleted) {
		return
	}
	if state(meta) == stateDeleted && s.me != 0 { // it, or one before, may have died before it told anybody
		if mine, err := s.borrow(i, meta); err == nil {
			s.doom(i)
			s.giveBack(i, meta, mine)
		}
	}
	wakes := kinds[k].wakes
	if state(meta) == stateDeleted {
		wakes = everyone
	}
	if broken != sweepSilently && wakes > 0 {
		s.a.Wake(at+kinds[k].sleeps, wakes)
	}
}

func (s *Space) recoverKind(k Kind, i int, meta uint64, o owner) bool {
	return kinds[k].recover != nil && kinds[k].recover(s, i, meta, o)
}

// finishDeleted does for deleted objects, for pipes, and for the heap, what sweeps without a
// slot have left. We have just come: nothing is ours yet.
func (s *Space) finishDeleted() {
	objects := s.objectTable()
	for i := range s.used(&objects) {
		meta := s.a.Load(s.object(i))
		if state(meta) == stateLive && s.specOf(i).Kind == PipeKind {
			s.recover(i, meta, s.me) // its last user may have been swept
			meta = s.a.Load(s.object(i))
		}
		if state(meta) == stateDeleted {
			s.recover(i, meta, s.me)
			s.reclaim(i, identOf(i, meta))
		}
	}
	for k := range s.usedChunks() {
		s.undoChunk(k, s.me)
	}
}

func (s *Space) undoAnnex(at uint64, o owner) {
	word := s.a.Load(at)
	switch word & stateMask {
	case annexClaimed:
		if ownerOf(word) == o {
			s.a.CompareAndSwap(at, word, annexFree)
		}
	case annexUsed:
		// One whose maker died before it was chained may have outlived its object.
		if s.outlived(annexObject(word).index(), word) {
			s.a.CompareAndSwap(at, word, annexFree)
		}
	}
	// Whoever attaches while an annex changes hands leaves its name there until it
	// looks again: died before, it is to go as well.
	for k := range uint64(annexAttach) {
		if attached := at + (k+1)*attachSize; !s.keeps(attached, o) {
			s.detach(attached, o)
		}
	}
}
