package kernel

import (
	"os"

	"golang.org/x/sys/unix"
)

// MakePipe makes a pipe that has a name, by which any process may open it.
func MakePipe(name string) error { return os.NewSyscallError("mkfifo", unix.Mkfifo(name, 0o600)) }
