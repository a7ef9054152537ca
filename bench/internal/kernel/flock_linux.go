package kernel

import (
	"os"

	"golang.org/x/sys/unix"
)

// Flock waits until no other opening of the file is locked, and locks it.
func Flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err != unix.EINTR { // the scheduler's signals
			return os.NewSyscallError("flock", err)
		}
	}
}

// Funlock ends it.
func Funlock(f *os.File) error {
	return os.NewSyscallError("flock", unix.Flock(int(f.Fd()), unix.LOCK_UN))
}
