package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitEnd returns when the child has ended; it is not reaped by that.
func awaitEnd(pid, pidfd int) {
	if pidfd >= 0 && awaitReadable(pidfd) {
		return
	}
	for { // a kernel without pidfds: a thread waits
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

// awaitReadable waits in the runtime's poller until the process of pidfd has
// ended; false where that can't be done.
func awaitReadable(pidfd int) bool {
	// A descriptor of its own, since an os.File closes what it was made of.
	fd, err := unix.FcntlInt(uintptr(pidfd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return false
	}
	if unix.SetNonblock(fd, true) != nil {
		unix.Close(fd)
		return false
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	ended := false
	err = conn.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		ended = n == 1 && err == nil
		return ended
	})
	return ended && err == nil
}
