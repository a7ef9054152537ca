package shm

import (
	"context"
	"errors"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Delete takes the object called name away from everybody.
func (s *Space) Delete(ctx context.Context, name string) error {
	if err := s.enterTable(ctx.Done()); err != nil {
		return orCause(ctx, err)
	}
	defer s.table.Leave()
	defer s.giveUpDeleted()
	h := s.hash(name)
	for {
		i, meta, found := s.find(name, h)
		if !found {
			return driver.ErrNotFound
		}
		if done, err := s.deleteAt(i, meta); done || (err != nil && !errors.Is(err, errGone)) {
			return err
		}
	}
}

// deleteAt deletes object i, unless it is no more what meta says.
func (s *Space) deleteAt(i int, meta uint64) (done bool, err error) {
	if o := s.open[i].object.Value(); o != nil && o.meta == meta {
		defer runtime.KeepAlive(o) // and with it our attachment
	} else {
		at, err := s.borrow(i, meta)
		if err != nil {
			return false, err
		}
		defer s.giveBack(i, meta, at)
	}
	if !s.a.CompareAndSwap(s.object(i), meta, become(meta, stateDeleted, 0)) {
		return false, nil
	}
	s.doom(i)
	return true, nil
}

// doom tells the users of a deleted object. The caller is attached to it, so that
// it is not another one by now.
func (s *Space) doom(i int) {
	if k := s.specOf(i).Kind; k.known() && kinds[k].doom != nil {
		kinds[k].doom(s, s.object(i))
	}
}

// reclaim makes the entry of a deleted object free, if nobody is attached to it.
//
// It looks twice. First, since of the last two to detach one sees that it is the
// last. And again once the object is {reclaiming}: who attaches after that finds it
// so, and does not touch it; who was before, as a sweeper may be, keeps it.
func (s *Space) reclaim(i int, object ident) {
	at := s.object(i)
	for {
		meta := s.a.Load(at)
		if state(meta) != stateDeleted || identOf(i, meta) != object || s.me == 0 {
			return // not to be done, or not by one who has no slot yet
		}
		mine := become(meta, stateReclaiming, s.me)
		if s.attached(i, meta) || !s.a.CompareAndSwap(at, meta, mine) {
			return
		}
		if broken == reclaimAtOnce || !s.attached(i, meta) {
			if broken != keepBlocks {
				s.strip(i, mine)
			}
			s.freeAnnexes(object)
			s.a.CompareAndSwap(at, mine, become(meta, stateFree, 0))
			return
		}
		s.a.CompareAndSwap(at, mine, meta) // and who detached meanwhile has left it to us
	}
}

// attached reports whether anybody is attached to object i. An attachment without an
// owner is the object's own.
func (s *Space) attached(i int, meta uint64) bool {
	for attachment := range s.attachments(i, meta) {
		if ownerOf(s.a.Load(attachment)) != 0 && broken != reclaimInUse {
			return true
		}
	}
	return false
}

func (s *Space) freeAnnexes(object ident) {
	t := s.annexTable()
	for k := range s.used(&t) {
		if annex := t.entry(k); s.a.Load(annex) == object.annexWord() {
			s.a.CompareAndSwap(annex, object.annexWord(), annexFree)
		}
	}
}
