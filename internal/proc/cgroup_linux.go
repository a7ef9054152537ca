package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// A cgroup (version 2) holds one child with a memory limit and the programs that
// it starts, so that their memory counts together and they can be killed as one.
// The limit itself is not the cgroup's memory.max, since that counts shared memory
// too, for whoever touches it first.
type cgroup struct {
	dir *os.File
}

// cgroups numbers those of this process.
var cgroups atomic.Int64

// cgroupPrefix begins the names of all cgroups made here; the maker's process ID
// follows.
const cgroupPrefix = "multiproc-"

// newCgroup makes a cgroup beside this process's own, whose parent has the memory
// controller enabled then; in its own a process can't, since a cgroup with
// processes in it enables none for those below. The error tells why this process
// may not.
func newCgroup() (*cgroup, error) {
	own, err := ownCgroup("/proc/self/cgroup", "/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return newCgroupIn(filepath.Dir(own))
}

func newCgroupIn(parent string) (*cgroup, error) {
	removeStaleCgroups(parent)
	name := filepath.Join(parent, fmt.Sprintf("%s%d-%d", cgroupPrefix, os.Getpid(), cgroups.Add(1)))
	if err := os.Mkdir(name, 0o755); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(name, "memory.stat")); err != nil {
		_ = os.Remove(name)
		return nil, fmt.Errorf("%s has no memory controller", parent)
	}
	dir, err := os.Open(name)
	if err != nil {
		_ = os.Remove(name)
		return nil, err
	}
	return &cgroup{dir}, nil
}

// ownCgroup finds this process's cgroup of version 2 in the file system.
func ownCgroup(cgroupFile, mountFile string) (string, error) {
	lines, err := os.ReadFile(cgroupFile)
	if err != nil {
		return "", err
	}
	path := ""
	for line := range strings.Lines(string(lines)) {
		if p, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			path = p
		}
	}
	mounts, err := os.ReadFile(mountFile)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		// ID parent device root mount-point options... - type source options
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if path == "" || len(fields) < 5 || !strings.HasPrefix(after, "cgroup2 ") {
			continue
		}
		below, err := filepath.Rel(fields[3], path)
		if err != nil || below == "." || strings.HasPrefix(below, "..") || strings.HasPrefix(path, "/..") {
			return "", errors.New("this process is in the topmost cgroup that it sees")
		}
		return filepath.Join(fields[4], below), nil
	}
	return "", errors.New("no cgroup of version 2")
}

// memory is the anonymous memory of all processes in the cgroup, in memory or
// swapped out, in bytes.
func (g *cgroup) memory() int64 {
	stat, _ := os.ReadFile(g.file("memory.stat"))
	anon := int64(0)
	if _, rest, ok := bytes.Cut(append([]byte("\n"), stat...), []byte("\nanon ")); ok {
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		anon, _ = strconv.ParseInt(string(line), 10, 64)
	}
	text, _ := os.ReadFile(g.file("memory.swap.current"))
	swap, _ := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return anon + swap
}

// kill kills all processes in the cgroup at once.
func (g *cgroup) kill() {
	_ = os.WriteFile(g.file("cgroup.kill"), []byte("1"), 0)
}

// close removes the cgroup. Programs that the child has left behind and that may
// live go to the cgroup of this process.
func (g *cgroup) close() {
	defer g.dir.Close()
	if !errors.Is(syscall.Rmdir(g.dir.Name()), syscall.EBUSY) {
		return
	}
	own, err := ownCgroup("/proc/self/cgroup", "/proc/self/mountinfo")
	if err != nil {
		return
	}
	left, _ := os.ReadFile(g.file("cgroup.procs"))
	for pid := range strings.Lines(string(left)) {
		_ = os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte(strings.TrimSpace(pid)), 0)
	}
	_ = syscall.Rmdir(g.dir.Name())
}

func (g *cgroup) file(name string) string { return filepath.Join(g.dir.Name(), name) }

// removeStaleCgroups removes those that processes left behind which were killed.
func removeStaleCgroups(parent string) {
	names, _ := filepath.Glob(filepath.Join(parent, cgroupPrefix+"*"))
	for _, name := range names {
		maker, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), cgroupPrefix), "-")
		pid, err := strconv.Atoi(maker)
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = syscall.Rmdir(name) // fails where it is not empty
		}
	}
}
