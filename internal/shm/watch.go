package shm

import (
	"sync"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// watch has each process look after one other, the next in the ring of the slots
// that are taken, so that a death is noticed also when nobody waits for the dead.
// Nothing hangs on its being noticed soon: who waits for the dead is told by the
// kernel. It ends when the space is closed.
func (s *Space) watch() {
	for !s.closed.Load() {
		died := false
		for o := range s.charges {
			if !s.alive(o) {
				s.bury(o)
				died = true
			}
		}
		if !died {
			s.pause(watchTick)
		}
	}
}

// watchTick is how often a process looks at its neighbour in the ring.
const watchTick = time.Second

func (s *Space) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

// charges are the owners that we look after: the next in the ring of slots, and
// behind one that looks after nobody the next again.
func (s *Space) charges(yield func(owner) bool) {
	for _, behind := range []bool{false, true} {
		for o := range s.owners {
			if o == s.me || (o.slot() < s.me.slot()) != behind {
				continue
			}
			if !yield(o) || s.a.Load(s.slot(o.slot())+slotRetired) == 0 {
				return
			}
		}
	}
}

// watches are the owners whose processes the kernel tells us the end of, since we
// wait for something that they hold.
type watches struct {
	sync.Mutex
	until map[owner]time.Time
}

// watchFor has o's death noticed at once for a while: whoever waits for o calls it
// each time before it sleeps.
func (s *Space) watchFor(o owner) {
	pid := s.pid(o)
	if pid == 0 || o == s.me {
		return
	}
	s.watches.Lock()
	defer s.watches.Unlock()
	_, watched := s.watches.until[o]
	if s.watches.until == nil {
		s.watches.until = make(map[owner]time.Time)
	}
	s.watches.until[o] = time.Now().Add(3 * relookLast)
	if !watched {
		go s.watchProcess(o, pid)
	}
}

// smallCompany is how many processes of an object watch one another.
const smallCompany = 16

// watchCompany has the deaths of all who are attached to the object noticed at
// once, if they are few.
func (o *Object) watchCompany() bool {
	if o.s.a.Hooked() {
		return false // it changes when something is noticed, not what is
	}
	var others [smallCompany]owner
	n := 0
	for at := range o.s.attachments(o.i, o.meta) {
		other := ownerOf(o.s.a.Load(at))
		if other == 0 || other == o.s.me {
			continue
		}
		if n == len(others) {
			return false
		}
		others[n] = other
		n++
	}
	for _, other := range others[:n] {
		o.s.watchFor(other)
	}
	return true
}

func (s *Space) watchProcess(o owner, pid int) {
	process, err := arena.WatchProcess(pid)
	if err == nil {
		defer func() { _ = process.Close() }()
	}
	for s.stillWatched(o) {
		if err != nil { // there is none of that number in this pid namespace
			s.pause(relookLast)
			s.bury(o)
		} else if process.Wait(time.Now().Add(relookLast)) {
			s.bury(o)
			s.pause(time.Millisecond / 4) // not to spin where its number means another one here
		}
	}
}

// stillWatched reports whether somebody has waited for o of late, and whether o is
// still there.
func (s *Space) stillWatched(o owner) bool {
	s.watches.Lock()
	defer s.watches.Unlock()
	if s.known(o) && !s.closed.Load() && time.Now().Before(s.watches.until[o]) {
		return true
	}
	delete(s.watches.until, o)
	return false
}
