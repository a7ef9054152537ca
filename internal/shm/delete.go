package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Delete takes the object called name away from everybody.
func (s *Space) Delete(ctx context.Context, name string) error {
	if err := s.enterTable(ctx.Done()); err != nil {
		return orCause(ctx, err)
	}
	defer s.table.Leave()
	for {
		i, meta, found := s.find(name, s.hash(name))
		if !found {
			return driver.ErrNotFound
		}
		at, err := s.borrow(i, meta)
		if err == errGone {
			continue
		}
		if err != nil {
			return err
		}
		deleted := become(meta, stateDeleted, 0)
		won := s.a.CompareAndSwap(s.object(i), meta, deleted)
		if won {
			s.doom(i)
		}
		s.giveBack(i, meta, at)
		if won {
			return nil
		}
	}
}

// doom tells the users of a deleted object. The caller is attached to it, so that
// it is not another one by now.
func (s *Space) doom(i int) {
	if k := s.specOf(i).Kind; k.known() {
		kinds[k].doom(s, s.object(i))
	}
}

// reclaim makes the entry of a deleted object free, if nobody is attached to it.
//
// Nobody will be: who attaches after we have looked finds the object deleted, and
// does not touch it. And of the last two to detach, one sees that it is the last.
func (s *Space) reclaim(i int, object ident) {
	at := s.object(i)
	meta := s.a.Load(at)
	if state(meta) != stateDeleted || identOf(i, meta) != object || s.me == 0 {
		return // not to be done, or not by one who has no slot yet
	}
	for attached := range s.attachments(i, meta) {
		if s.a.Load(attached) != 0 && broken != reclaimInUse {
			return
		}
	}
	mine := become(meta, stateReclaiming, s.me)
	if !s.a.CompareAndSwap(at, meta, mine) {
		return
	}
	t := s.annexTable()
	for k := range s.used(&t) {
		if annex := t.entry(k); s.a.Load(annex) == object.annexWord() {
			s.a.CompareAndSwap(annex, object.annexWord(), annexFree)
		}
	}
	s.a.CompareAndSwap(at, mine, become(meta, stateFree, 0))
}
