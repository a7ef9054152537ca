package shm

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// The directory finds objects by name. It is an array of cells; a name's cells
// are a window of them that begins at the name's hash.
//
//	bits 0-44   the object: index and serial
//	bits 45-63  some of the hash, plus one
//
// {0} -> {object} -> {0}. A cell is no more than a hint: the object's entry says
// whether it is there and what its name is, and a cell whose object is neither
// being made nor live may be cleared by anybody.
const window = 64

type hash uint64

// hash mixes the space's seed in, so that nobody can choose names that collide.
func (s *Space) hash(name string) hash {
	h := s.seed ^ uint64(len(name))
	for len(name) >= 8 {
		h = mix(h, binary.LittleEndian.Uint64([]byte(name[:8])))
		name = name[8:]
	}
	var last [8]byte
	copy(last[:], name)
	return hash(mix(mix(h, binary.LittleEndian.Uint64(last[:])), s.seed))
}

func mix(h, v uint64) uint64 {
	high, low := bits.Mul64(h^0x9e3779b97f4a7c15, v^0xd6e8feb86659fd93)
	return high ^ low
}

func (h hash) cell(object ident) uint64 { return uint64(object) | h.tag() }
func (h hash) tag() uint64              { return (uint64(h)>>46 | 1) << 45 }

const tagMask = 1<<64 - 1<<45

// cells are the offsets of h's window.
func (s *Space) cellsOf(h hash) func(yield func(at uint64) bool) {
	return func(yield func(uint64) bool) {
		for k := range min(window, s.cells) {
			if !yield(s.cellAt + (uint64(h)+k)%s.cells*cellSize) {
				return
			}
		}
	}
}

// look returns the object that a cell names and its meta, if that is still the
// same object.
func (s *Space) look(cell uint64) (i int, meta uint64, current bool) {
	object := ident(cell &^ tagMask)
	i = object.index()
	if uint64(i) >= s.objects {
		return 0, 0, false
	}
	meta = s.a.Load(s.object(i))
	return i, meta, identOf(i, meta) == object
}

// find returns the live object called name.
func (s *Space) find(name string, h hash) (i int, meta uint64, found bool) {
	for at := range s.cellsOf(h) {
		cell := s.a.Load(at)
		if cell&tagMask != h.tag() {
			continue
		}
		i, meta, current := s.look(cell)
		if current && state(meta) == stateLive && s.hasText(s.object(i)+entName, name) &&
			s.a.Load(s.object(i)) == meta {
			return i, meta, true
		}
	}
	return 0, 0, false
}

// enter puts an object into a free cell of its window.
func (s *Space) enter(h hash, object ident) (at uint64, err error) {
	for at := range s.cellsOf(h) {
		cell := s.a.Load(at)
		if cell != 0 {
			_, meta, current := s.look(cell)
			if current && (state(meta) == stateMaking || state(meta) == stateLive) {
				continue
			}
		}
		if s.a.CompareAndSwap(at, cell, h.cell(object)) {
			return at, nil
		}
	}
	return 0, spaceFull(errNamesFull)
}

// alone makes sure that no other object is called name: rivals that are still
// being made are aborted. It is false where one is live. The caller has entered
// its own object, in cell mine, before: of two that make the same name, the later
// to enter sees the other.
func (s *Space) alone(name string, h hash, mine uint64) bool {
	if broken == ignoreRivals {
		return true
	}
	for at := range s.cellsOf(h) {
		for {
			cell := s.a.Load(at)
			if at == mine || cell&tagMask != h.tag() {
				break
			}
			i, meta, current := s.look(cell)
			if !current || !s.hasText(s.object(i)+entName, name) {
				break
			}
			if state(meta) == stateLive && s.a.Load(s.object(i)) == meta {
				return false
			}
			if state(meta) != stateLive && (state(meta) != stateMaking ||
				s.a.CompareAndSwap(s.object(i), meta, become(meta, stateAborted, ownerOf(meta)))) {
				break
			}
		}
	}
	return true
}

// beingMade reports whether a living process is making an object of that name.
func (s *Space) beingMade(name string, h hash) bool {
	for at := range s.cellsOf(h) {
		cell := s.a.Load(at)
		if cell&tagMask != h.tag() {
			continue
		}
		i, meta, current := s.look(cell)
		if current && state(meta) == stateMaking && s.hasText(s.object(i)+entName, name) && s.alive(ownerOf(meta)) {
			return true
		}
	}
	return false
}

// freshName returns a name for an object that was given none.
func (s *Space) freshName(kind string) string {
	return kind + "#" + strconv.FormatUint(s.a.Add(hdrLastName, 1), 10)
}

// checkName says whether a name fits.
func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("%w: a name of %d bytes, %d at most", driver.ErrTooLarge, len(name), maxName)
	}
	return nil
}
