package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// Duplicate is dup(2) on f: the same open file, closed independently, and with
// its blocking mode left as it is.
func Duplicate(f *os.File) (*os.File, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	dup := -1
	if cerr := conn.Control(func(fd uintptr) { dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil {
		err = os.ErrClosed // the one reason there is
	}
	if err != nil {
		return nil, &os.PathError{Op: "dup", Path: f.Name(), Err: err}
	}
	return os.NewFile(uintptr(dup), f.Name()), nil
}
