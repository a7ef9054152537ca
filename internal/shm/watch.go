package shm

import (
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// watch has each process watch one other, the next in the ring of the slots that
// are taken, so that a death is noticed also when nobody waits for the dead. The
// kernel tells at once; who has just joined is found when we look at the ring
// again. It ends when the space is closed.
func (s *Space) watch() {
	var watched owner
	var process *arena.Watch
	stop := func() {
		if process != nil {
			process.Close()
			process = nil
		}
	}
	defer stop()
	for !s.closed.Load() {
		next := s.successor()
		if next != watched {
			stop()
			watched = next
		}
		if next != 0 && !s.alive(next) {
			s.undo(next)
			continue
		}
		if pid := s.pid(next); next != 0 && process == nil && pid != 0 {
			process, _ = arena.WatchProcess(pid) // or we find out when we look again
		}
		if process == nil {
			s.pause(relook)
		} else if process.Wait(time.Now().Add(relook)) {
			stop()
			s.pause(time.Millisecond) // not to spin where its number means another process here
		}
	}
}

func (s *Space) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

// successor is the owner of the next slot after ours that is taken, or nobody.
func (s *Space) successor() (next owner) {
	for o := range s.owners {
		switch {
		case o.slot() > s.me.slot():
			return o
		case o != s.me && next == 0:
			next = o // of the first slot, if none comes after ours
		}
	}
	return next
}
