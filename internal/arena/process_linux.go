package arena

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// StartTime returns when process pid was started, in ticks since the boot; 0
// where nobody knows.
func StartTime(pid int) uint64 {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The second field is the program's name in parentheses, whatever it holds.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return 0
	}
	ticks, _ := strconv.ParseUint(string(fields[19]), 10, 64)
	return ticks
}

// A Watch tells when a process ends, without a thread that waits for it.
type Watch struct{ pidfd *os.File }

// WatchProcess watches process pid, if there is one in this pid namespace.
func WatchProcess(pid int) (*Watch, error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("pidfd_open", err)
	}
	return &Watch{os.NewFile(uintptr(fd), "pidfd")}, nil
}

// Wait returns true once the process has ended, and false when until has come
// or Close was called.
func (w *Watch) Wait(until time.Time) (ended bool) {
	if w.pidfd.SetReadDeadline(until) != nil {
		return false
	}
	conn, err := w.pidfd.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Read(func(fd uintptr) bool {
		polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, _ := unix.Poll(polled, 0)
		ended = n == 1
		return ended
	})
	return err == nil && ended
}

// Close ends the watch and a Wait that is under way.
func (w *Watch) Close() error { return w.pidfd.Close() }

// YieldProcessor lets another process have this one's processor.
func YieldProcessor() { _, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
