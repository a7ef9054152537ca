package multiproc

import (
	"fmt"
	"io"
	"os"

	"github.com/multiproc-go/multiproc/internal/proc"
)

// streams are a child's standard files.
type streams struct {
	stdin, stdout, stderr *os.File // the child's ends
	childs                []*os.File
	feed                  *feed
	captures              []capture
	lines                 []*lines // those that get a prefix
	tail                  *tail    // of standard error
}

type capture struct {
	*proc.Capture
	of string // "standard output"
}

func openStreams(o *options) (*streams, error) {
	s := &streams{}
	err := s.openInput(o.stdin)
	if err == nil {
		err = s.openOutputs(s.outputs(o))
	}
	if err != nil {
		s.abandon()
		s.closeChilds()
		return nil, err
	}
	return s, nil
}

func (s *streams) openInput(r io.Reader) error {
	switch r := r.(type) {
	case nil:
		null, err := os.Open(os.DevNull)
		s.stdin = null
		s.childs = append(s.childs, null)
		return err
	case *os.File:
		s.stdin = r
		return checkFile("standard input", r)
	}
	childs, own, err := os.Pipe()
	if err != nil {
		return err
	}
	s.stdin = childs
	s.childs = append(s.childs, childs)
	s.feed = &feed{r: r, to: own}
	return nil
}

// openOutputs sets stdout and stderr. Both go to the same writer by the same pipe,
// so that two Writes never meet.
func (s *streams) openOutputs(stdout, stderr io.Writer) (err error) {
	if stderr != nil && !isFile(stderr) {
		s.tail = &tail{w: stderr}
		stderr = s.tail
		if isSame(s.tail.w, stdout) {
			s.stdout, err = s.openOutput("output", stderr, nil)
			s.stderr = s.stdout
			return err
		}
	}
	if s.stdout, err = s.openOutput("standard output", stdout, os.Stdout); err != nil {
		return err
	}
	s.stderr, err = s.openOutput("standard error", stderr, os.Stderr)
	return err
}

// openOutput returns the child's end of one output. own is the parent's, for
// where there is no writer; where the parent has none either, it is the null
// device.
func (s *streams) openOutput(what string, w io.Writer, own *os.File) (*os.File, error) {
	if w == nil {
		if checkFile(what, own) == nil {
			return own, nil
		}
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		s.childs = append(s.childs, null)
		return null, err
	}
	if f, ok := w.(*os.File); ok {
		return f, checkFile(what, f)
	}
	c, err := proc.NewCapture(w)
	if err != nil {
		return nil, err
	}
	s.childs = append(s.childs, c.Child)
	s.captures = append(s.captures, capture{c, what})
	return c.Child, nil
}

func isFile(w io.Writer) bool {
	_, ok := w.(*os.File)
	return ok
}

// isSame tells whether two writers are one; those of a type that can't be
// compared are not.
func isSame(a, b io.Writer) (same bool) {
	defer func() { _ = recover() }()
	return a == b
}

func checkFile(what string, f *os.File) error {
	if f == nil {
		return fmt.Errorf("%s: the file is nil", what)
	}
	if _, err := f.SyscallConn(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if f.Fd() == ^uintptr(0) {
		return fmt.Errorf("%s: %w", what, os.ErrClosed)
	}
	return nil
}

// run begins the copying.
func (s *streams) run() {
	for _, c := range s.captures {
		go c.Run()
	}
	if s.feed != nil {
		go s.feed.run()
	}
}

// finish ends it, once all that the child wrote has been copied.
func (s *streams) finish() (err error) {
	if s.feed != nil {
		if ferr := s.feed.stop(); ferr != nil {
			err = fmt.Errorf("multiproc: read what is its standard input: %w", ferr)
		}
	}
	for _, c := range s.captures {
		if cerr := c.Finish(); cerr != nil && err == nil {
			err = fmt.Errorf("multiproc: copy its %s: %w", c.of, cerr)
		}
	}
	for _, l := range s.lines {
		if lerr := l.finish(); lerr != nil && err == nil {
			err = fmt.Errorf("multiproc: copy its last line: %w", lerr)
		}
	}
	return err
}

// closeChilds closes the child's ends here.
func (s *streams) closeChilds() {
	for _, f := range s.childs {
		f.Close()
	}
}

// abandon gives up what finish would, where no child was started.
func (s *streams) abandon() {
	if s.feed != nil {
		_ = s.feed.stop()
	}
	for _, c := range s.captures {
		c.Abandon()
	}
	for _, l := range s.lines {
		destinations.leave(l.to)
	}
}
