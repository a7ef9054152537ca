package multiproc

import (
	"fmt"
	"maps"
	"slices"
)

// Resize has n processes kept running from now on; 0 is none until the next
// Resize. It returns when those that were missing have been started, with the
// lowest free numbers; if one of them can't be, that is the error, and those
// started before it stay. Those too many, with the highest numbers, are stopped;
// Resize does not wait for their end.
func (s *Supervisor) Resize(n int) error {
	if n < 0 {
		return fmt.Errorf("multiproc: resize %s to %d processes: negative", s.name, n)
	}
	before, added, err := s.makePlaces(n)
	if err != nil {
		return fmt.Errorf("multiproc: resize %s: %w", s.name, err)
	}
	for i, p := range added {
		c, err := p.begin()
		switch {
		case err == nil:
			go p.keep(c)
		case s.life.Err() != nil:
			s.takeBack(added[i:], before)
			return fmt.Errorf("multiproc: resize %s: %w", s.name, errSupervisorEnded)
		case p.life.Err() != nil: // another Resize does not want it
			p.abandon()
		default:
			s.takeBack(added[i:], before)
			return err
		}
	}
	return nil
}

// makePlaces makes or leaves so many places that there are n. It returns how many
// there were, and those that it made.
func (s *Supervisor) makePlaces(n int) (before int, added []*place, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return 0, nil, errSupervisorEnded
	}
	before = len(s.places)
	for number := 1; len(s.places) < n; number++ {
		if s.places[number] == nil {
			p := s.newPlace(number)
			s.places[number] = p
			added = append(added, p)
		}
	}
	for len(s.places) > n {
		highest := slices.Max(slices.Collect(maps.Keys(s.places)))
		s.places[highest].leave()
		delete(s.places, highest)
	}
	return before, added, nil
}

// takeBack abandons places where nothing could be started. If the processes that
// there were before have all ended well meanwhile, so does the supervisor.
func (s *Supervisor) takeBack(unopened []*place, before int) {
	s.mu.Lock()
	for _, p := range unopened {
		if s.places[p.number] == p {
			delete(s.places, p.number)
		}
	}
	last := before > 0 && len(s.places) == 0
	s.mu.Unlock()
	for _, p := range unopened {
		p.abandon()
	}
	if last {
		s.end(nil)
	}
}
