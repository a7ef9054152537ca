package shm

import "weak"

// opened is what this process has of an object that it has open: the Object, until
// the collector finds that no handle leads to it, and the attachment, until letGo
// has given that back.
type opened struct {
	object     weak.Pointer[Object]
	meta       uint64
	attachment uint64
}

// openAgain opens an object that this process is attached to.
func (s *Space) openAgain(i int, have opened, spec Spec) (*Object, error) {
	if o := have.object.Value(); o != nil {
		return o, o.spec.fits(spec)
	}
	is := s.specOf(i)
	if err := is.fits(spec); err != nil {
		return nil, err
	}
	delete(s.kept, i)
	return s.hold(i, have.meta, have.attachment, is), nil
}

// letGo is what happens when the last handle of an object is gone. What the process
// holds of it, as permits or a forgotten Guard, it holds still: then the attachment is
// kept, for whoever opens the object next.
func (s *Space) letGo(i int, attachment uint64) {
	if s.enterTable(nil) != nil {
		return // closed: nothing is ours any more
	}
	defer s.table.Leave()
	have, ok := s.open[i]
	switch {
	case !ok || have.attachment != attachment || have.object.Value() != nil:
		// It has been opened again meanwhile, with this attachment.
	case s.holdsSome(s.specOf(i).Kind, attachment) && s.a.Load(s.object(i)) == have.meta:
		s.kept[i] = true
	default:
		s.giveUp(i, have)
	}
}

// giveUpDeleted ends the process's hold of objects that no handle leads to and that
// have been deleted since: nothing can be given back to them any more.
func (s *Space) giveUpDeleted() {
	for i := range s.kept {
		if have := s.open[i]; s.a.Load(s.object(i)) != have.meta {
			delete(s.kept, i)
			s.giveUp(i, have)
		}
	}
}

func (s *Space) giveUp(i int, have opened) {
	delete(s.open, i)
	s.giveBack(i, have.meta, have.attachment)
}
