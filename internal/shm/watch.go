package shm

import (
	"slices"
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
		var last owner
		for o := range s.charges {
			s.bury(o)
			last = o
		}
		if last == 0 {
			s.pause(watchTick)
			continue
		}
		s.awaitEnd(s.pid(last), time.Now().Add(watchTick))
		s.bury(last)
		s.pause(dyingTick)
	}
}

// watchTick is how often a process looks who comes after it in the ring.
const watchTick = 4 * time.Second

// dyingTick is how often we look at a process that has ended: the kernel gives its
// memory back first, and then its locks.
const dyingTick = time.Millisecond / 4

// awaitEnd returns when process pid has ended, when until has come, or when the
// space is closed. Where there is none of that number in this pid namespace it
// returns early, but not at once.
func (s *Space) awaitEnd(pid int, until time.Time) {
	process, err := arena.WatchProcess(pid)
	if err != nil {
		s.pause(min(time.Until(until), relookLast))
		return
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() { // a closed space has no use for the rest
		select {
		case <-s.done:
		case <-ended:
		}
		_ = process.Close()
	}()
	process.Wait(until)
}

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
// wait for something that they hold, and until when.
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
	s.watches.until[o] = time.Now().Add(3 * relookWatched)
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
	n, looks := 0, 0
	for at := range o.s.attachments(o.i, o.meta) {
		if looks++; looks > 8*smallCompany { // a few processes, but many of their goroutines
			return false
		}
		other := ownerOf(o.s.a.Load(at))
		if other == 0 || other == o.s.me || slices.Contains(others[:n], other) {
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
	for until, still := s.stillWatched(o); still; until, still = s.stillWatched(o) {
		s.bury(o) // it may have ended before we began to watch
		s.awaitEnd(pid, until)
		s.bury(o)
		s.pause(dyingTick)
	}
}

// stillWatched reports whether somebody has waited for o of late, and whether o is
// still there.
func (s *Space) stillWatched(o owner) (until time.Time, still bool) {
	s.watches.Lock()
	defer s.watches.Unlock()
	until = s.watches.until[o]
	if s.known(o) && !s.closed.Load() && time.Now().Before(until) {
		return until, true
	}
	delete(s.watches.until, o)
	return until, false
}
