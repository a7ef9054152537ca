package multiproc

import (
	"bytes"
	"io"
	"os"
	"strings"
)

// WithLinePrefix puts prefix before each line of the child's standard output and
// error, which go through the parent for that, to the writers given or else to
// [os.Stdout] and [os.Stderr]. Lines are passed on whole: what several children
// with a prefix write to the same file or (comparable) writer mixes line by line,
// never within a line. An *os.File given has to stay open until the child's end.
//
// A line ends with "\n"; what is before it is passed on as it is. Until then up to
// 1 MiB of it is held; a longer line is passed on as several, each with the prefix.
// What the child has written behind its last line is passed on at its end, with a
// "\n" behind it.
func WithLinePrefix(prefix string) Option {
	return optionFunc(func(o *options) {
		if strings.Contains(prefix, "\n") {
			o.refuse("line prefix %q: has more than one line", prefix)
		}
		o.prefix = &prefix
	})
}

// outputs are the writers for the child's standard output and error: with a
// prefix, those that add it.
func (s *streams) outputs(o *options) (stdout, stderr io.Writer) {
	if o.prefix == nil {
		return o.stdout, o.stderr
	}
	return s.prefixed(*o.prefix, o.stdout, os.Stdout), s.prefixed(*o.prefix, o.stderr, os.Stderr)
}

// prefixed returns w, or own where that is nil, with a prefix. What can't be
// written to is left to openOutput.
func (s *streams) prefixed(prefix string, w io.Writer, own *os.File) io.Writer {
	to := w
	if to == nil {
		to = own
	}
	if f, ok := to.(*os.File); ok && checkFile("", f) != nil {
		return w
	}
	l := &lines{prefix: prefix, w: to, to: destinations.enter(to)}
	s.lines = append(s.lines, l)
	return l
}

// lines puts a prefix before each line that is written to it, and passes on whole
// lines, as many as there are at a time.
type lines struct {
	prefix string
	w      io.Writer
	to     *destination // where w leads
	held   []byte       // of a line that has not ended
	out    []byte       // lines to be passed on; kept for its memory
}

const (
	longestLine = 1 << 20 // that is held
	mostPassed  = 1 << 18 // about so much is passed on at a time
)

func (l *lines) Write(p []byte) (n int, err error) {
	for rest := p; len(rest) > 0 && err == nil; {
		line, behind, ends := bytes.Cut(rest, []byte("\n"))
		if !ends || len(l.held)+len(line) > longestLine {
			l.held = append(l.held, line...)
			l.cut()
			line = nil
		}
		if ends {
			l.add(line)
		}
		if len(l.out) >= mostPassed {
			err = l.pass()
		}
		rest = behind
	}
	if err == nil {
		err = l.pass()
	}
	return len(p), err
}

// add adds what is held and end, as a line, to what is passed on.
func (l *lines) add(end []byte) {
	l.out = append(l.out, l.prefix...)
	l.out = append(l.out, l.held...)
	l.out = append(l.out, end...)
	l.out = append(l.out, '\n')
	l.held = l.held[:0]
}

// cut makes lines of what is held, as long as it is too long for one. A byte more
// is left as it is: it may be the carriage return before the line feed, and would
// be an empty line by itself.
func (l *lines) cut() {
	for len(l.held) > longestLine+1 {
		whole := l.held
		l.held = whole[:longestLine]
		l.add(nil)
		l.held = append(l.held, whole[longestLine:]...)
	}
}

// pass passes on the lines that there are, in one Write.
func (l *lines) pass() error {
	if len(l.out) == 0 {
		return nil
	}
	err := l.to.write(l.w, l.out)
	l.out = l.out[:0]
	return err
}

// finish passes on what is held, as a line. Nothing is written after it.
func (l *lines) finish() error {
	if len(l.held) > 0 {
		l.add(nil)
	}
	err := l.pass()
	destinations.leave(l.to)
	return err
}
