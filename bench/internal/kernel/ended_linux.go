package kernel

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Set is descriptors of processes, which stay theirs when their numbers are
// used again.
type Set []unix.PollFd

// Open makes a set of the processes with these IDs, which must exist.
func Open(pids []int) (Set, error) {
	var s Set
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("open process %d: %w", pid, os.NewSyscallError("pidfd_open", err))
		}
		s = append(s, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	return s, nil
}

// Await returns true as soon as all have ended, false after patience.
func (s Set) Await(patience time.Duration) (bool, error) {
	deadline := time.Now().Add(patience)
	for i := range s {
		for s[i].Revents == 0 {
			left := time.Until(deadline)
			if left <= 0 {
				return false, nil
			}
			if _, err := unix.Poll(s[i:i+1], int(left.Milliseconds())+1); err != nil && err != unix.EINTR {
				return false, os.NewSyscallError("poll", err)
			}
		}
	}
	return true, nil
}

// Kill kills those that have not ended.
func (s Set) Kill() {
	for _, p := range s {
		_ = unix.PidfdSendSignal(int(p.Fd), unix.SIGKILL, nil, 0) // an error means that it has
	}
}

// Close gives up the descriptors.
func (s Set) Close() {
	for _, p := range s {
		unix.Close(int(p.Fd))
	}
}
