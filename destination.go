package multiproc

import (
	"io"
	"os"
	"slices"
	"sync"
)

// A destination is where the lines of several children go, one Write at a time.
type destination struct {
	w     io.Writer
	file  os.FileInfo // of an *os.File
	users int         // guarded by destinations.mu

	mu sync.Mutex // held during a Write
}

// write writes to w, which leads here.
func (d *destination) write(w io.Writer, p []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := w.Write(p)
	return err
}

// is tells whether two writers lead to the same destination: they are one, or
// files of the same file, as standard output and error often are.
func (d *destination) is(other *destination) bool {
	return isSame(d.w, other.w) || d.file != nil && other.file != nil && os.SameFile(d.file, other.file)
}

// destinations are those in use.
var destinations destinationSet

type destinationSet struct {
	mu  sync.Mutex
	all []*destination
}

// enter returns the destination of w.
func (s *destinationSet) enter(w io.Writer) *destination {
	d := &destination{w: w}
	if f, ok := w.(*os.File); ok {
		d.file, _ = f.Stat() // without it the file is only the same as itself
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.all, d.is); i >= 0 {
		d = s.all[i]
	} else {
		s.all = append(s.all, d)
	}
	d.users++
	return d
}

// leave is called once for each enter.
func (s *destinationSet) leave(d *destination) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.users--; d.users == 0 {
		s.all = slices.DeleteFunc(s.all, func(other *destination) bool { return other == d })
	}
}
