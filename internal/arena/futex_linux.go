package arena

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of the futex calls, which golang.org/x/sys does not name.
const (
	futexWake    = 1
	futexPrivate = 128 // no other process sleeps on the word
	futex2U32    = 2
	futex2Priv   = 128
)

// waitv is the kernel's struct futex_waitv.
type waitv struct {
	val      uint64
	uaddr    uint64
	flags    uint32
	reserved uint32
}

func waitFor(word *uint32, val uint32, flags uint32) waitv {
	return waitv{val: uint64(val), uaddr: uint64(uintptr(unsafe.Pointer(word))), flags: futex2U32 | flags}
}

// waitvCall is the number of futex_waitv, which Linux has from 5.16 on.
var waitvCall uintptr = unix.SYS_FUTEX_WAITV

// poll is how long to sleep at a time where the kernel has no futex_waitv, or forbids
// it: nobody is woken who has not something else to see by then.
const poll = time.Millisecond

// futexWaitv sleeps until one of the words is woken or is not what it should
// be, and d at most. It returns the index of a word that was woken, or -1.
func futexWaitv(words []waitv, d time.Duration) int {
	var until unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &until) != nil {
		return -1
	}
	until = unix.NsecToTimespec(until.Nano() + d.Nanoseconds())
	i, _, errno := unix.Syscall6(waitvCall, uintptr(unsafe.Pointer(&words[0])), uintptr(len(words)),
		0, uintptr(unsafe.Pointer(&until)), unix.CLOCK_MONOTONIC, 0)
	if errno == unix.ENOSYS || errno == unix.EPERM {
		time.Sleep(min(d, poll))
	}
	if errno != 0 {
		return -1
	}
	return int(i)
}

func futexWakeup(word *uint32, n int, flags uintptr) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake|flags, uintptr(n), 0, 0, 0)
}
