package shm

import (
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An attachment says that a process may touch an object. It keeps the entry from
// becoming another object, tells the sweep where the dead may have left
// something, and has room for the process's share of the object.
//
//	word 0: bits 0-23 how many of its goroutines wait, bits 24-31 the kind's own, bits 32-63 owner
//	words 1-7: the kind's own
//
// {0} -> {me} -> {0}. Only its owner changes one, and, after the owner's death,
// the sweep; or the kind says who else. A word without an owner that is not 0 is
// what the kind has left there: it attaches nobody.
//
// Four stand in the object's entry. Further ones stand in annexes, entries of a
// table of their own, seven in each, chained from the object's entry.
const (
	attachSize   = 64
	attachInline = 4
	annexAttach  = 7
	annexNext    = 8 // the next annex + 1

	attachWaiting = 1<<24 - 1
)

// An ident says which object it is, for good: the entry's index and its serial.
//
//	bits 0-16   index
//	bits 17-44  serial
type ident uint64

func identOf(i int, meta uint64) ident { return ident(uint64(i) | serial(meta)<<17) }

func (n ident) index() int { return int(n % maxObjects) }

// An annex's first word is
//
//	bits 0-3   free, {claimed: owner in bits 32-63}, or used
//	bits 4-48  used: the object
//
// {free} -> {claimed: me} -> {used: object} -> {free}
//
// A link, in the object's entry or in an annex, is
//
//	bits 0-17   the next annex + 1; 0 at the chain's end
//	bits 18-62  the object, so that nobody adds to a chain that has become another's
const (
	annexFree = iota
	annexClaimed
	annexUsed
)

func (n ident) annexWord() uint64       { return annexUsed | uint64(n)<<4 }
func (n ident) link(next uint64) uint64 { return uint64(n)<<18 | next }
func (n ident) owns(link uint64) bool   { return link>>18 == uint64(n) }
func annexObject(word uint64) (n ident) { return ident(word >> 4 & (1<<45 - 1)) }
func linked(link uint64) (next uint64)  { return link & (1<<18 - 1) }

// attachments yields where those of object i are, as long as it is what meta
// says.
func (s *Space) attachments(i int, meta uint64) func(yield func(at uint64) bool) {
	return func(yield func(uint64) bool) {
		for k := range uint64(attachInline) {
			if !yield(s.object(i) + entAttach + k*attachSize) {
				return
			}
		}
		s.annexesOf(i, meta, func(at uint64) bool {
			for k := range uint64(annexAttach) {
				if !yield(at + (k+1)*attachSize) {
					return false
				}
			}
			return true
		})
	}
}

// annexesOf yields where the annexes of object i begin, and returns the last
// link of the chain. A damaged chain has no more links than there are annexes.
func (s *Space) annexesOf(i int, meta uint64, yield func(at uint64) bool) (last uint64) {
	t, object := s.annexTable(), identOf(i, meta)
	last = s.object(i) + entAnnex
	if linked(s.a.Load(last)) == 0 {
		return last
	}
	for range s.used(&t) {
		link := s.a.Load(last)
		next := linked(link)
		if !object.owns(link) || next == 0 || next > t.count {
			break
		}
		at := t.entry(int(next - 1))
		if s.a.Load(at) != object.annexWord() || !yield(at) {
			break
		}
		last = at + annexNext
	}
	return last
}

// attach gives us an attachment of object i.
func (s *Space) attach(i int, meta uint64) (at uint64, err error) {
	for range s.annexes + 2 {
		for at := range s.attachments(i, meta) {
			if s.a.Load(at) == 0 && s.a.CompareAndSwap(at, 0, s.me.high()) {
				return at, nil
			}
		}
		if err := s.extend(i, meta); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("%w: the annexes of object %d cannot be chained", driver.ErrCorrupt, i)
}

// extend chains one more annex to object i; errGone where that is gone.
func (s *Space) extend(i int, meta uint64) error {
	t, object := s.annexTable(), identOf(i, meta)
	free := func(word uint64) bool { return word == annexFree }
	claimed := func(uint64) uint64 { return annexClaimed | s.me.high() }
	n, err := s.claim(t, 0, free, claimed)
	if err != nil {
		return err
	}
	at := t.entry(n)
	s.a.Store(at+annexNext, object.link(0))
	s.a.Store(at, object.annexWord())
	last := s.annexesOf(i, meta, func(uint64) bool { return true })
	switch {
	case uint32(s.a.Load(s.object(i))) != uint32(meta) && broken != annexUnlinked: // who reclaims it may not have seen our annex
		s.a.CompareAndSwap(at, object.annexWord(), annexFree)
		return errGone
	case !s.a.CompareAndSwap(last, object.link(0), object.link(uint64(n)+1)): // another's was first
		s.a.CompareAndSwap(at, object.annexWord(), annexFree)
	}
	return nil
}

// detach clears an attachment that is o's.
func (s *Space) detach(at uint64, o owner) {
	for {
		word := s.a.Load(at)
		if ownerOf(word) != o || s.a.CompareAndSwap(at, word, 0) {
			return
		}
	}
}

// countWaiting adds n to the goroutines of ours that wait, for Stats.
func (s *Space) countWaiting(at uint64, n int32) {
	for {
		word := s.a.Load(at)
		waiting := uint32(word) + uint32(n)
		if ownerOf(word) != s.me || s.a.CompareAndSwap(at, word, s.me.high()|uint64(waiting)) {
			return
		}
	}
}
