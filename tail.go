package multiproc

import (
	"io"
	"sync"
)

// tailSize is how much of standard error an ExitError has.
const tailSize = 4 << 10

// A tail passes on what is written and keeps the end of it.
type tail struct {
	w   io.Writer
	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.end = append(t.end, p[max(0, len(p)-tailSize):]...)
	if over := len(t.end) - tailSize; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	t.mu.Unlock()
	return t.w.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
