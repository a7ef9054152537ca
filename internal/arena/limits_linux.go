package arena

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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

// cgroupRoom returns an error if n more bytes would exceed the memory limit of
// this process's control group or of one above it. The kernel does not refuse
// them: it kills.
func cgroupRoom(n uint64) error {
	self, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	_, path, found := bytes.Cut(self, []byte("0::"))
	if !found {
		return nil
	}
	path, _, _ = bytes.Cut(path, []byte("\n"))
	return roomBelow("/sys/fs/cgroup", string(path), n)
}

// roomBelow looks at the group at path in the hierarchy at root, and at all above.
func roomBelow(root, path string, n uint64) error {
	for dir := filepath.Join(root, path); len(dir) > len(root); dir = filepath.Dir(dir) {
		limit, ok := readNumber(dir, "memory.max")
		if !ok {
			continue
		}
		used, ok := readNumber(dir, "memory.current")
		if ok && used+n > limit+droppable(dir) {
			return ErrCgroupFull
		}
	}
	return nil
}

// machineRoom returns an error if the machine, as the file at path pictures it, has
// not so much memory to give. Here too the kernel does not refuse it: it kills.
func machineRoom(path string, n uint64) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	room, known := uint64(0), false
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if s := string(name); s == "MemAvailable" || s == "SwapFree" {
			kib, err := strconv.ParseUint(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
			room += kib << 10
			known = known || err == nil && s == "MemAvailable"
		}
	}
	if known && n > room {
		return fmt.Errorf("%w: it has %d bytes", ErrSystemFull, room)
	}
	return nil
}

func readNumber(dir, name string) (uint64, bool) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0, false
	}
	v, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
	return v, err == nil // "max" is no limit
}

// droppable is what of a group's memory the kernel would give up first: cached
// file pages.
func droppable(dir string) (sum uint64) {
	text, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if s := string(name); s == "inactive_file" || s == "active_file" {
			v, _ := strconv.ParseUint(string(value), 10, 64)
			sum += v
		}
	}
	return sum
}
