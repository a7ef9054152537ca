package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/multiproc-go/multiproc/internal/cgroups"
)

// A cgroup (version 2) holds one child with a memory limit and the programs that
// it starts, so that their memory counts together and they can be killed as one.
// The limit itself is not the cgroup's memory.max, since that counts shared memory
// too, for whoever touches it first.
type cgroup struct {
	dir *os.File
}

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
	// The rest of the name is random: the number may have been another process's,
	// which left cgroups behind.
	name, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", cgroupPrefix, os.Getpid()))
	if err != nil {
		return nil, err
	}
	for _, file := range []string{"memory.stat", "cgroup.kill"} { // the memory controller, Linux 5.14
		if _, err := os.Stat(filepath.Join(name, file)); err != nil {
			_ = os.Remove(name)
			return nil, fmt.Errorf("a cgroup in %s has no %s", parent, file)
		}
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
	for _, m := range cgroups.Mounts(mountFile) {
		if m.Version != 2 {
			continue
		}
		dir, ok := m.Own(cgroupFile)
		if !ok {
			break
		}
		if dir == m.Point {
			return "", errors.New("this process is in the topmost cgroup that it sees")
		}
		return dir, nil
	}
	return "", errors.New("this process sees no cgroup of version 2 that it is in")
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
// live go to the cgroup of this process. Those that were killed, or are forked
// meanwhile, take a moment; a cgroup that isn't empty after a while is left to
// removeStaleCgroups.
func (g *cgroup) close() {
	defer g.dir.Close()
	const pause, pauses = time.Millisecond, 1000
	for range pauses {
		if !errors.Is(syscall.Rmdir(g.dir.Name()), syscall.EBUSY) || g.moveOut() != nil {
			return
		}
		time.Sleep(pause)
	}
}

// moveOut moves what is in the cgroup to that of this process.
func (g *cgroup) moveOut() error {
	own, err := ownCgroup("/proc/self/cgroup", "/proc/self/mountinfo")
	if err != nil {
		return err
	}
	left, err := os.ReadFile(g.file("cgroup.procs"))
	if err != nil {
		return err
	}
	for pid := range strings.Lines(string(left)) {
		err := os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte(strings.TrimSpace(pid)), 0)
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
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
