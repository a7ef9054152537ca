//go:build race

package shm

import "sync/atomic"

// raceWord tells the race detector, which does not see shared memory, what
// goroutines of this process order themselves by.
type raceWord struct{ word atomic.Int32 }

func (r *raceWord) acquire() { r.word.Load() }
func (r *raceWord) release() { r.word.Add(1) }
