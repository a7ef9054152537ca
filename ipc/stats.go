package ipc

import (
	"context"
	"time"
)

// SpaceStats pictures a space for people and tools.
type SpaceStats struct {
	Used, Max int64 // bytes
	Processes []ProcessStat
	Objects   []ObjectStat
}

// ProcessStat pictures a process in a space.
type ProcessStat struct {
	PID   int
	Name  string
	Holds []string // names of what it holds
	Waits []string // names of what it waits for
}

// ObjectStat pictures an object.
type ObjectStat struct {
	Name    string
	Kind    string        // "mutex", "event", ...
	Type    string        // element type, or empty
	Holder  int           // process ID, or 0
	Held    time.Duration // since somebody first saw it held
	Waiters int           // goroutines of all processes
	Len     int
	Cap     int
	Bytes   int64
}

// Stats tells what is in the space, and who holds and waits for what. Each object
// is pictured as it was at one moment, but not all at the same moment.
func (s *Space) Stats(ctx context.Context) (SpaceStats, error) {
	from, err := s.driver.Stats(ctx)
	if err != nil {
		return SpaceStats{}, s.failed("stats of", err)
	}
	stats := SpaceStats{Used: from.Used, Max: from.Max}
	for _, p := range from.Processes {
		stats.Processes = append(stats.Processes, ProcessStat(p))
	}
	for _, o := range from.Objects {
		stats.Objects = append(stats.Objects, ObjectStat(o))
	}
	return stats, nil
}
