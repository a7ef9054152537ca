package ipc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/ipc"
)

// A core file's size is bounded by far less than the 64 GiB that a space has mapped,
// what it takes on the disk by far more than a small Go program needs. With the race
// detector it has 400 MiB, mostly holes.
const (
	maxCore     = 1 << 30
	maxCoreDisk = 200 << 20
)

// Where the system gives cores to a program, or this user may have none, the
// test looks at what the kernel would leave out.
func TestSpace_isNotInCoreDumps(t *testing.T) {
	dir := t.TempDir()
	c := startAlone(t, "dumped", "GOTRACEBACK=crash")
	c.tell("%s", dir)
	answer := c.hear()
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	must(t, err)
	isLeftOut(t, c.cmd.Process.Pid)
	if answer != "ready" || !strings.HasPrefix(string(pattern), "core") {
		t.Logf("there can be no core file here: the process is %q, the pattern %q", answer, pattern)
		return
	}
	c.tell("die")
	err = c.wait()
	if status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.CoreDump() {
		t.Fatalf("no core was dumped: %v", err)
	}
	cores, err := filepath.Glob(filepath.Join(dir, "core*"))
	must(t, err)
	if len(cores) != 1 {
		t.Fatalf("core files: %q", cores)
	}
	info, err := os.Stat(cores[0])
	must(t, err)
	disk := info.Sys().(*syscall.Stat_t).Blocks * 512
	t.Logf("a core file of %d KiB, %d KiB on disk", info.Size()>>10, disk>>10)
	if info.Size() > maxCore || disk > maxCoreDisk || disk == 0 {
		t.Errorf("a core file of %d bytes, %d on disk; want at most %d and %d", info.Size(), disk, maxCore, maxCoreDisk)
	}
}

// isLeftOut fails the test unless the process has a space that is to be in no core
// file.
func isLeftOut(t *testing.T, pid int) {
	t.Helper()
	smaps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	must(t, err)
	_, space, found := strings.Cut(string(smaps), "memfd:multiproc")
	_, flags, _ := strings.Cut(space, "VmFlags:")
	flags, _, _ = strings.Cut(flags, "\n")
	if !found || !strings.Contains(flags, " dd ") {
		t.Fatalf("the mapping's flags are%s", flags)
	}
}

func init() { roles["dumped"] = dumped }

// dumped uses a family's space of the default size in the directory that it is told,
// and crashes.
func dumped(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	if _, err := ipc.OpenMutex(background, s, "m"); err != nil {
		return err
	}
	if err := os.Chdir(hear()); err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := unix.Dup3(int(null.Fd()), 2, 0); err != nil { // its stacks would look like a failure
		return err
	}
	all := &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, all); err != nil {
		say("allowed no core: %v", err)
	} else {
		say("ready")
	}
	hear()
	if err := unix.Kill(os.Getpid(), unix.SIGQUIT); err != nil {
		return err
	}
	return unix.Pause()
}
