package proc

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Capture copies what a child writes into a pipe to a writer.
type Capture struct {
	Child *os.File // the end for the child, to be closed once it has been started
	r     *os.File
	w     io.Writer
	err   error // of w
	done  chan struct{}
}

// NewCapture makes the pipe. Run does the copying.
func NewCapture(w io.Writer) (*Capture, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil { // this end alone: a pipe's ends have flags of their own
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, os.NewSyscallError("fcntl", err)
	}
	return &Capture{
		Child: os.NewFile(uintptr(fds[1]), "|1"),
		r:     os.NewFile(uintptr(fds[0]), "|0"),
		w:     w,
		done:  make(chan struct{}),
	}, nil
}

// chunk is how much is copied at a time: what a pipe holds.
const chunk = 64 << 10

// Run copies until the pipe's other end is closed by all, or Finish is called.
func (c *Capture) Run() {
	defer close(c.done)
	buf := make([]byte, chunk)
	for {
		n, err := c.r.Read(buf)
		c.write(buf[:n])
		if err != nil {
			return
		}
	}
}

// write goes on after an error of the writer, so that the child isn't held up by
// it.
func (c *Capture) write(p []byte) {
	if c.err == nil && len(p) > 0 {
		_, c.err = c.w.Write(p)
	}
}

// Finish copies what is in the pipe and closes it. The child has ended, so that
// is all it wrote; a program that it left behind with its output open may still
// be writing, and isn't waited for. It returns the first error of the writer.
func (c *Capture) Finish() error {
	_ = c.r.SetReadDeadline(time.Unix(1, 0)) // ends Run's Read, not its Write
	<-c.done
	defer c.r.Close()
	if conn, err := c.r.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { c.drain(int(fd)) })
	}
	return c.err
}

func (c *Capture) drain(fd int) {
	left, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return
	}
	buf := make([]byte, min(left, chunk))
	for left > 0 {
		n, err := unix.Read(fd, buf[:min(left, len(buf))])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 {
			return
		}
		c.write(buf[:n])
		left -= n
	}
}

// Abandon closes both ends of a capture whose child could not be started.
func (c *Capture) Abandon() {
	c.Child.Close()
	c.r.Close()
}
