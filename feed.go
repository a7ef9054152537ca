package multiproc

import (
	"io"
	"os"
	"sync"
)

// A feed copies a reader to the child's standard input.
type feed struct {
	r  io.Reader
	to *os.File

	mu  sync.Mutex
	err error // of r
}

func (f *feed) run() {
	_, _ = io.Copy(f.to, f) // ends with r, or when nobody reads any more
	f.to.Close()
}

// Read reads from r and keeps its error.
func (f *feed) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.mu.Lock()
		f.err = err
		f.mu.Unlock()
	}
	return n, err
}

// stop ends the feeding, but not a Read of r that is under way, and returns the
// error of r, if there was one.
func (f *feed) stop() error {
	f.to.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
