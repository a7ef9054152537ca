package shm

// The ring of a stand has the blocks that its changes have taken away, until somebody
// who has written one more there looks at the hazard cells: once in a while, not at each
// change. What is still read then, and was there for long, goes to the object's retired
// words, see retire.go: so one who is stopped while he reads keeps a block, and not a
// place in the ring.

// retire puts a block into the ring, where there is room.
func (t *stand) retire(b block) {
	s := t.o.s
	for k := range t.shape.ring {
		if s.a.Load(t.ring(k)) == 0 {
			s.a.Write(t.ring(k), uint64(b))
			return
		}
	}
}

func (t *stand) isRetired(b block) bool {
	for k := range t.shape.ring {
		if block(t.o.s.a.Load(t.ring(k))) == b {
			return true
		}
	}
	return false
}

// room makes room in the ring for n blocks. Its error is that the space has no room to
// note what is still read.
func (t *stand) room(n uint64) error {
	s, free := t.o.s, uint64(0)
	for k := range t.shape.ring {
		if s.a.Load(t.ring(k)) == 0 {
			free++
		}
	}
	if free >= n {
		return nil
	}
	return t.collect()
}

// collect empties the ring, and frees what the object has retired, as far as nobody
// reads it.
func (t *stand) collect() error {
	o, s := t.o, t.o.s
	var space [16]leftover
	all := space[:0]
	for k := range t.shape.ring {
		if b := block(s.a.Load(t.ring(k))); b != 0 {
			all = append(all, leftover{at: t.ring(k), b: b})
		}
	}
	ring := len(all)
	for at, b := range s.retired(o.i, o.meta) {
		all = append(all, leftover{at: at, b: b})
	}
	if broken != collectBlindly {
		s.markRead(o.i, o.meta, all)
	}
	for n, one := range all {
		switch {
		case !one.read:
			s.free(one.b)
		case n >= ring:
			continue
		default:
			if _, err := o.retire(one.b); err != nil {
				return err
			}
		}
		s.a.CompareAndSwap(one.at, uint64(one.b), 0)
	}
	return nil
}

// dispose frees a block that nothing leads to, for who begins to read now; what is read
// is retired.
func (t *stand) dispose(b block) error {
	o, s := t.o, t.o.s
	s.settle(b)
	one := [1]leftover{{b: b}}
	if s.markRead(o.i, o.meta, one[:]); one[0].read {
		_, err := o.retire(b)
		return err
	}
	s.free(b)
	return nil
}
