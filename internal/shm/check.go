package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Check returns an error for each invariant that does not hold. What changes
// while it looks may look wrong for a moment: it believes what it sees twice.
func (s *Space) Check(ctx context.Context) error {
	if err := s.enterTable(ctx.Done()); err != nil {
		return orCause(ctx, err)
	}
	defer s.table.Leave()
	first := s.faults()
	if len(first) == 0 {
		return nil
	}
	again := make(map[string]bool)
	for _, fault := range s.faults() {
		again[fault] = true
	}
	var errs []error
	for _, fault := range first {
		if again[fault] {
			errs = append(errs, fmt.Errorf("%w: %s", driver.ErrCorrupt, fault))
		}
	}
	return errors.Join(errs...)
}

// faults looks at every entry once. A fault's text has in it the words that are
// wrong, so that a passing state and a lasting one differ.
func (s *Space) faults() (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	names := make(map[string]int)
	objects, annexes := s.objectTable(), s.annexTable()
	for i := range s.used(&objects) {
		at := s.object(i)
		meta := s.a.Load(at)
		switch state(meta) {
		case stateFree:
			continue
		case stateMaking, stateAborted, stateReclaiming:
			if !s.known(ownerOf(meta)) {
				say("object %d (%#x) is changed by %#x, which is gone", i, meta, ownerOf(meta))
			}
		case stateLive:
			name := s.loadText(at+entName, maxName)
			if other, twice := names[name]; twice {
				say("objects %d and %d (%#x) are both called %q", other, i, meta, name)
			}
			names[name] = i
			if found, _, ok := s.find(name, s.hash(name)); !ok || found != i {
				say("object %d (%#x) cannot be found by its name %q", i, meta, name)
			}
			fallthrough
		case stateDeleted:
			s.checkObject(i, meta, say)
		default:
			say("object %d has no state: %#x", i, meta)
		}
	}
	for k := range s.used(&annexes) {
		s.checkAnnex(annexes.entry(k), k, say)
	}
	s.checkHeap(say)
	return faults
}

func (s *Space) checkObject(i int, meta uint64, say func(string, ...any)) {
	kind := Kind(s.a.Load(s.object(i) + entKind))
	if !kind.known() {
		say("object %d (%#x) is of no kind: %d", i, meta, kind)
		return
	}
	if kinds[kind].check != nil {
		kinds[kind].check(s, i, meta, say)
	}
	// A lock held by one that is gone is no fault: a goroutine may take it while
	// another closes the space, and die. Whoever wants it next sees to that.
	attached := 0
	for at := range s.attachments(i, meta) {
		word := s.a.Load(at)
		if word != 0 && !s.known(ownerOf(word)) {
			say("object %d (%#x) has an attachment of %#x, which is gone", i, meta, ownerOf(word))
		}
		if word != 0 {
			attached++
		}
	}
	if state(meta) != stateDeleted || attached > 0 {
		return
	}
	// Who was the last to detach may be stopped before it did this.
	if s.reclaim(i, identOf(i, meta)); s.a.Load(s.object(i)) == meta {
		say("object %d (%#x) is deleted, unused, and not free", i, meta)
	}
}

func (s *Space) checkAnnex(at uint64, k int, say func(string, ...any)) {
	word := s.a.Load(at)
	switch word & stateMask {
	case annexClaimed:
		if !s.known(ownerOf(word)) {
			say("annex %d is claimed by %#x, which is gone", k, ownerOf(word))
		}
	case annexUsed:
		i := annexObject(word).index()
		if s.outlived(i, word) {
			say("annex %d (%#x) has outlived object %d", k, word, i)
		}
	case annexFree:
	default:
		say("annex %d has no state: %#x", k, word)
	}
}

// known reports whether o has its slot: whoever has ceased to act has none, and
// nothing names it any more.
func (s *Space) known(o owner) bool {
	i := o.slot()
	return i >= 1 && i < int(s.slots) && s.holder(i) == o
}

// outlived reports whether the object i of a used annex is there no more.
func (s *Space) outlived(i int, annex uint64) bool {
	if uint64(i) >= s.objects {
		return true
	}
	meta := s.a.Load(s.object(i))
	return identOf(i, meta) != annexObject(annex) || state(meta) == stateFree
}
