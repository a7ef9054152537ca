package early

import "syscall"

// A guard watches over the daemons of one process, its parent. A daemon that
// dies with its parent, killed by the kernel, cannot end the programs that it
// started, and their group's number is not safe for long. So the parent tells its
// guard of each daemon before that runs, by its process ID and a descriptor of
// it, and the guard kills the daemon's process group when the daemon has ended,
// and the groups of all daemons when the parent has: its end of the socket is
// then closed.
//
// It runs inside package initialization, so no user code runs in it, and it has
// nothing that could fail: what it cannot do for one daemon it does for the
// others.

// Notices that a parent sends to its guard, each with the process ID behind it.
const (
	Watch  = 'w' // with a pidfd of the daemon, where the kernel has those
	Forget = 'f' // it has ended, and its group has been killed
)

// NoticeSize is the size of a notice: what it is, and the process ID.
const NoticeSize = 1 + 4

// Notice is the bytes of a notice about the process pid.
func Notice(what byte, pid int) [NoticeSize]byte {
	return [NoticeSize]byte{what, byte(pid), byte(pid >> 8), byte(pid >> 16), byte(pid >> 24)}
}

// guard is a guard's whole life.
func guard() {
	raiseFileLimit()
	watched := map[int]int{} // process ID -> pidfd, or -1
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		syscall.Exit(1)
	}
	_ = syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, Socket, &syscall.EpollEvent{Events: syscall.EPOLLIN})
	var events [64]syscall.EpollEvent
	for {
		n, err := syscall.EpollWait(poll, events[:], -1)
		if err != nil && err != syscall.EINTR {
			syscall.Exit(1) // the parent starts another one
		}
		for _, e := range events[:max(n, 0)] {
			if pid := int(e.Pad); pid != 0 { // its pidfd became readable: it has ended
				if fd, ok := watched[pid]; ok {
					KillGroup(pid, fd)
					forget(poll, watched, pid)
				}
				continue
			}
			if !takeNotice(poll, watched) {
				for pid, fd := range watched {
					KillGroup(pid, fd)
				}
				syscall.Exit(0)
			}
		}
	}
}

// takeNotice reads one notice; false means that the parent has ended.
func takeNotice(poll int, watched map[int]int) bool {
	var p [NoticeSize]byte
	var oob [64]byte
	n, oobn, _, _, err := syscall.Recvmsg(Socket, p[:], oob[:], syscall.MSG_CMSG_CLOEXEC|syscall.MSG_DONTWAIT)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return true
	}
	if err != nil || n == 0 {
		return false
	}
	pid := int(p[1]) | int(p[2])<<8 | int(p[3])<<16 | int(p[4])<<24
	forget(poll, watched, pid) // also where a Watch uses a number again
	if p[0] == Watch {
		fd := descriptorIn(oob[:oobn])
		watched[pid] = fd
		if fd >= 0 {
			_ = syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Pad: int32(pid)})
		}
	}
	return true
}

// forget stops watching a daemon, if it is watched.
func forget(poll int, watched map[int]int, pid int) {
	fd, ok := watched[pid]
	if !ok {
		return
	}
	delete(watched, pid)
	// The parent has the same open file, so closing it here does not take it out.
	_ = syscall.EpollCtl(poll, syscall.EPOLL_CTL_DEL, fd, nil)
	syscall.Close(fd)
}

// descriptorIn returns the one descriptor that came with a message, or -1.
func descriptorIn(oob []byte) int {
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) == 0 {
		return -1
	}
	fds, err := syscall.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) == 0 {
		return -1
	}
	return fds[0]
}

// raiseFileLimit takes all the descriptors that the system grants: one for each
// daemon. Package os does the same, but later.
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}
