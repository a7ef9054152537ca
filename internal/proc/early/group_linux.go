package early

import "syscall"

const (
	sysPidfdSendSignal = 424 // the same number on every architecture but MIPS
	signalProcessGroup = 4   // PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9
)

// KillGroup kills the process group that the process pid leads, or led. With
// pidfd, a descriptor of that process, the group is found even when its leader has
// been reaped, and never another one.
//
// Older kernels, and no pidfd (-1), leave the group's number. That is safe while
// the leader is not reaped, and afterwards while the group has members, since no
// process gets the number of a group. So where a process has the leader's number
// although the leader was reaped, the group is empty.
func KillGroup(pid, pidfd int) {
	if pidfd >= 0 {
		switch SignalPidfd(pidfd, syscall.SIGKILL, signalProcessGroup) {
		case nil, syscall.ESRCH:
			return
		}
		reaped := SignalPidfd(pidfd, 0, 0) == syscall.ESRCH
		if reaped && syscall.Kill(pid, 0) != syscall.ESRCH {
			return
		}
	}
	syscall.Kill(-pid, syscall.SIGKILL)
}

// SignalPidfd is pidfd_send_signal(2).
func SignalPidfd(pidfd int, sig syscall.Signal, flags uintptr) error {
	_, _, errno := syscall.Syscall6(sysPidfdSendSignal, uintptr(pidfd), uintptr(sig), 0, flags, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
