package multiproc

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Restart replaces the processes one after the other, each successor running
// before its predecessor is stopped. Running means that it has been started and
// has its input (Start would have returned), not that it is ready for whatever its
// work is: what both serve, such as a listener, is best made before and handed to
// each by [WithFile].
//
// If a successor can't be started, or fails before its predecessor is gone,
// Restart returns why and leaves the others as they are. When ctx ends it returns
// at once and leaves the others, too; a predecessor that is being stopped keeps
// its grace period.
func (s *Supervisor) Restart(ctx context.Context) error {
	for _, old := range s.inOrder() {
		if err := s.replace(ctx, old); err != nil {
			return fmt.Errorf("multiproc: restart %s: %w", old.name(), err)
		}
	}
	return nil
}

func (s *Supervisor) inOrder() []*place {
	s.mu.Lock()
	defer s.mu.Unlock()
	var places []*place
	for _, number := range slices.Sorted(maps.Keys(s.places)) {
		places = append(places, s.places[number])
	}
	return places
}

// replace puts a new place, with a new process, where old is.
func (s *Supervisor) replace(ctx context.Context, old *place) error {
	if err := contextError(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return errSupervisorEnded
	}
	if s.places[old.number] != old { // it ended well, was too many, or is replaced already
		s.mu.Unlock()
		return nil
	}
	next := s.newPlace(old.number)
	s.mu.Unlock()

	c, err := next.begin()
	if err != nil {
		next.abandon()
		if s.life.Err() != nil {
			return errSupervisorEnded
		}
		return err
	}
	s.mu.Lock()
	wanted := s.places[old.number] == old
	if wanted {
		s.places[old.number] = next
	}
	s.mu.Unlock()
	go next.keep(c)
	if !wanted {
		next.leave()
		return nil
	}
	old.leave()
	select {
	case <-old.left:
	case <-ctx.Done():
		return contextError(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next.failure != nil {
		return fmt.Errorf("its successor failed: %w", next.failure)
	}
	return nil
}
