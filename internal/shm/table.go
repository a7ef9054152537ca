package shm

// A table is an array of entries of one size, each of whose first word says
// whether it is free. It takes memory as it fills, a step at a time.
type table struct {
	at, size, count uint64
	high            uint64 // the header's word with its high-water mark
}

func (s *Space) objectTable() table {
	return table{at: s.objectAt, size: objectSize, count: s.objects, high: hdrObjectsHigh}
}

func (s *Space) annexTable() table {
	return table{at: s.annex, size: annexSize, count: s.annexes, high: hdrAnnexesHigh}
}

func (t *table) entry(i int) uint64 { return t.at + uint64(i)*t.size }

// used is how many entries have memory.
func (s *Space) used(t *table) int { return int(min(s.a.Load(t.high), t.count)) }

// growStep is 80 KiB of objects, or 64 of annexes: whole pages.
const growStep = 128

// claim makes a free entry ours: claimed(word) is what its first word is to
// become. hint is where to begin looking.
func (s *Space) claim(t table, hint int, free func(word uint64) bool, claimed func(word uint64) uint64) (int, error) {
	for {
		n := s.used(&t)
		for k := range n {
			i := (hint + k) % n
			word := s.a.Load(t.entry(i))
			if free(word) && s.a.CompareAndSwap(t.entry(i), word, claimed(word)) {
				return i, nil
			}
		}
		if err := s.grow(&t, n); err != nil {
			return 0, err
		}
		hint = n
	}
}

func (s *Space) grow(t *table, n int) error {
	step := min(growStep, t.count-uint64(n))
	if step == 0 {
		return spaceFull(errTableFull)
	}
	if err := s.a.Reserve(t.entry(n), step*t.size); err != nil {
		return spaceFull(err)
	}
	s.a.CompareAndSwap(t.high, uint64(n), uint64(n)+step)
	return nil
}
