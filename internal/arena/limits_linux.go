package arena

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// DefaultSize is how large an arena is that is given no size: 64 GiB, or less
// where the machine is small or the process's address space or files are limited. Only
// what is used takes memory.
func DefaultSize() uint64 {
	size := uint64(64 << 30)
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		size = min(size, 4*uint64(machine.Totalram)*uint64(machine.Unit)) //nolint:unconvert // it has 32 bits elsewhere
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &limit) == nil && limit.Cur != unix.RLIM_INFINITY {
		size = min(size, limit.Cur/4)
	}
	if unix.Getrlimit(unix.RLIMIT_FSIZE, &limit) == nil {
		size = min(size, limit.Cur)
	}
	return size &^ (2<<20 - 1)
}

// BootID names this boot of the machine: what a space names, processes above
// all, means nothing after the next one.
func BootID() (id [2]uint64, err error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id, err
	}
	digits := bytes.ReplaceAll(bytes.TrimSpace(text), []byte("-"), nil)
	if len(digits) != 32 {
		return id, os.ErrInvalid
	}
	for i := range id {
		if id[i], err = strconv.ParseUint(string(digits[16*i:16*i+16]), 16, 64); err != nil {
			return id, err
		}
	}
	return id, nil
}
