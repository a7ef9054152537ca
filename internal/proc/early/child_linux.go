package early

import "syscall"

func init() {
	mark, ok := syscall.Getenv(Variable)
	if !ok {
		return
	}
	_ = syscall.Unsetenv(Variable)
	b, files, ok := parse(mark)
	if !ok || !isSocket(Socket) {
		return // somebody else's variable of that name, or one that was written by hand
	}
	for fd := Socket; fd < Socket+files; fd++ {
		syscall.CloseOnExec(fd)
	}
	if b.Role == Guard {
		SetTitle("multiproc guard")
		guard()
	}
	if b.Role == Daemon {
		dieWith(b.Parent)
	}
	awaitWord()
	Born = &b
}

func isSocket(fd int) bool {
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFSOCK
}

// dieWith has the kernel kill this process when the thread that started it
// ends. The fork has set it already; a change of user or an exec of a file with
// other rights has cleared it again.
func dieWith(parent int) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if syscall.Getppid() != parent {
		syscall.Exit(1) // it ended before it was set
	}
}

// awaitWord waits until the parent has done what it must do before user code may
// run (a guard knows this process, a limit is set on it). A parent that ends
// before that has started nothing.
func awaitWord() {
	var word [1]byte
	for {
		n, err := syscall.Read(Socket, word[:])
		if err == syscall.EINTR {
			continue
		}
		if n != 1 {
			syscall.Exit(1)
		}
		return
	}
}
