package multiproc

import "time"

// A backoff says how long to wait before a process is started again.
type backoff struct {
	base   time.Duration
	window time.Duration // a run as long as this ends a row of failures
	row    int           // failures in a row
}

const mostDoublings = 6 // 64 times

// next tells the pause after an end with err, where the process had run so long.
func (b *backoff) next(err error, ran time.Duration) time.Duration {
	if err == nil || ran >= b.window {
		b.row = 0
	}
	if err != nil {
		b.row++
	}
	return b.base << min(max(b.row-1, 0), mostDoublings)
}
