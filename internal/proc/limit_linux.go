package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// setNice adds n to this process's nice value and gives the child the sum.
func (c *Child) setNice(n int) error {
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return err
	}
	// The kernel's getpriority counts from 40 down to 1. A value belongs to a
	// thread; by its group all threads that the child has by now get theirs.
	return unix.Setpriority(unix.PRIO_PGRP, c.PID, 20-own+n)
}

// setCPULimit has the kernel kill the child once it has used d, rounded up to
// seconds. CPUTime is for a watch that is more precise.
func (c *Child) setCPULimit(d time.Duration) error {
	seconds := uint64((d + time.Second - 1) / time.Second)
	return unix.Prlimit(c.PID, unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: seconds}, nil)
}

// CPUTime is the processor time that the child has used, 0 after its end.
func (c *Child) CPUTime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return 0
	}
	// The clock of a process, as clock_getcpuclockid(3) makes it: the complement
	// of its number, and 2 for the scheduler's exact count.
	clock := int32(^c.PID<<3 | 2)
	var used unix.Timespec
	if unix.ClockGettime(clock, &used) != nil {
		return 0
	}
	return time.Duration(used.Nano())
}

// Memory is how many bytes of memory the child has for itself: anonymous pages,
// in memory or swapped out, but no files and no shared memory. It is 0 after its
// end.
func (c *Child) Memory() int64 {
	if c.cgroup != nil {
		return c.cgroup.memory()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.PID))
	if err != nil {
		return 0
	}
	return statusField(status, "RssAnon:") + statusField(status, "VmSwap:")
}

// statusField is a field of /proc/PID/status that is given in kB, in bytes.
func statusField(status []byte, name string) int64 {
	_, rest, ok := bytes.Cut(status, []byte("\n"+name))
	if !ok {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(line, []byte("kB")))), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// dataSlack is how far beyond its limit the kernel lets a process go. It is wide,
// since what it bounds is memory that is mapped, used or not, and since the Go
// runtime, which takes a refusal badly, dies of it in ways that say nothing.
const dataSlack = 4 << 30

// LimitOwnMemory is what the kernel can do by itself about this process's memory,
// should nobody be there to watch it: its private writable memory may grow by
// limit and dataSlack from what there is.
func LimitOwnMemory(limit int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	bound := uint64(statusField(status, "VmData:") + limit + dataSlack)
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bound, Max: bound})
}
