package multiproc

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/multiproc-go/multiproc/internal/proc"
)

// WithFile gives the child an open file, socket or pipe, which it has as
// File(name). f is duplicated at once, so it may be closed as soon as WithFile has
// returned. The duplicate is closed when a child has been started with it, so that
// the end of a pipe is seen when the child ends; where the same Option starts
// further children, f is duplicated anew for each, and must be open still.
// (A [Supervisor] keeps a duplicate as long as it starts processes.)
func WithFile(name string, f *os.File) Option {
	if f == nil {
		return &fileOption{name: name, err: errors.New("the file is nil")}
	}
	dup, err := proc.Duplicate(f)
	return &fileOption{name: name, f: f, dup: dup, err: err}
}

// A fileOption is a file for a child.
type fileOption struct {
	name string
	f    *os.File // the user's
	err  error    // of the first duplication

	mu  sync.Mutex
	dup *os.File // for the next start; nil: to be made of f
}

func (o *fileOption) option(opts *options) {
	if strings.Contains(o.name, "\x00") {
		opts.refuse("file %q: a name has no zero bytes", o.name)
	}
	for _, other := range opts.files {
		if other.name == o.name {
			opts.refuse("file %q: given twice", o.name)
		}
	}
	if o.err != nil {
		opts.refuse("file %q: %w", o.name, o.err)
	}
	opts.files = append(opts.files, o)
}

// take returns a duplicate for one start, which closes it.
func (o *fileOption) take() (*os.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if dup := o.dup; dup != nil {
		o.dup = nil
		return dup, nil
	}
	return proc.Duplicate(o.f)
}

// takeFiles returns duplicates of all files of a start, and their names.
func (o *options) takeFiles() (files []*os.File, names []string, err error) {
	for _, opt := range o.files {
		f, err := opt.take()
		if err != nil {
			return files, nil, fmt.Errorf("file %q: %w", opt.name, err)
		}
		files = append(files, f)
		names = append(names, opt.name)
	}
	return files, names, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// hold returns opts with files that last for any number of starts, until release
// is called.
func hold(opts []Option) (held []Option, release func(), err error) {
	var files []*os.File
	release = func() { closeAll(files) }
	for _, opt := range opts {
		if file, ok := opt.(*fileOption); ok {
			f, err := file.take()
			if err != nil {
				release()
				return nil, nil, err
			}
			files = append(files, f)
			opt = &fileOption{name: file.name, f: f}
		}
		held = append(held, opt)
	}
	return held, release, nil
}
