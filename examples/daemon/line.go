package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A line is this program's end of the pipes to a child's standard input and from
// its standard output.
type line struct {
	calls   *os.File
	answers *os.File
	lines   *bufio.Reader
}

// An outlet is the other end, which children inherit.
type outlet struct{ stdin, stdout *os.File }

func newLine() (line, outlet, error) {
	stdin, calls, err := os.Pipe()
	if err != nil {
		return line{}, outlet{}, err
	}
	answers, stdout, err := os.Pipe()
	if err != nil {
		return line{}, outlet{}, errors.Join(err, stdin.Close(), calls.Close())
	}
	return line{calls, answers, bufio.NewReader(answers)}, outlet{stdin, stdout}, nil
}

// close closes the outlet here: from then on only children have it.
func (o outlet) close() {
	o.stdin.Close()
	o.stdout.Close()
}

// call returns what the child answers.
func (l line) call() (string, error) {
	if _, err := fmt.Fprintln(l.calls, "who is there?"); err != nil {
		return "", fmt.Errorf("call the child: %w", err)
	}
	answer, err := l.lines.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("wait for the child's answer: %w", err)
	}
	return strings.TrimSpace(answer), nil
}

// patience bounds the waiting for an end that should take milliseconds.
const patience = 10 * time.Second

// awaitEnd returns nil once nobody has the outlet any more: the kernel closes it
// for whoever is gone.
func (l line) awaitEnd() error {
	if err := l.answers.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := l.lines.ReadByte()
	if err == nil {
		return errors.New("it spoke without being called")
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// hangUp ends the calls, and returns when the child has ended, too.
func (l line) hangUp() error {
	l.calls.Close()
	defer l.answers.Close()
	return l.awaitEnd()
}
