// Package oldkernel makes tests see an older kernel than there is.
package oldkernel

import (
	"fmt"
	"reflect"
	"runtime"

	"golang.org/x/sys/unix"
)

// WithoutGroupSignals makes pidfd_send_signal refuse flags, as it does before
// Linux 6.9, which brought PIDFD_SIGNAL_PROCESS_GROUP, for the calling goroutine
// and the processes that it starts. The goroutine stays locked to its thread,
// which ends with it.
func WithoutGroupSignals() error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("forgo new privileges: %w", err)
	}
	// In the data that a filter sees, the system call's number stands at 0, and its
	// fourth argument's lower half at 40, the byte order being little endian.
	const number, flags = 0, 40
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	skipUnless := func(equal uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: equal, Jf: skip}
	}
	answer := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	filter := []unix.SockFilter{
		load(number),
		skipUnless(unix.SYS_PIDFD_SEND_SIGNAL, 2),
		load(flags),
		skipUnless(0, 1),
		answer(unix.SECCOMP_RET_ALLOW),
		answer(unix.SECCOMP_RET_ERRNO | uint32(unix.EINVAL)),
	}
	program := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, reflect.ValueOf(program).Pointer(), 0, 0)
	runtime.KeepAlive(program)
	if err != nil {
		return fmt.Errorf("filter system calls: %w", err)
	}
	return nil
}
