package shm

import (
	"sync"
	"time"
)

// A sighting is since when this process has seen two words as they are, of somebody
// who would change them now and then if it ran.
type sighting struct {
	mu    sync.Mutex
	words [2]uint64
	since time.Time
}

// still is how long the words have been these.
func (s *sighting) still(now time.Time, one, two uint64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if words := [2]uint64{one, two}; s.words != words {
		s.words, s.since = words, now
	}
	return now.Sub(s.since)
}
