//go:build !race

package shm

// raceWord is for the race detector alone.
type raceWord struct{}

func (*raceWord) acquire() {}
func (*raceWord) release() {}
