package multiproc_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// say prints a line about a process, at once and whole: many write to the pipe
// that a kin reads.
func say(name string, pid int) { fmt.Fprintf(os.Stdout, "%s %d\n", name, pid) }

// A kin is a first process and the processes below it, each of which has said its
// name and process ID on their common standard output. They are held by pidfds,
// so that a number used again fools nobody.
type kin struct {
	testing.TB
	cmd     *exec.Cmd
	release *os.File // the first process's standard input; closing it tells it to go on
	out     *os.File
	lines   *bufio.Scanner
	member  map[string]member // by the name that it said; the first process is "first"
}

type member struct{ pid, pidfd int }

// startKin starts cmd, and ends what is left of its kin when the test is over.
func startKin(t testing.TB, cmd *exec.Cmd) *kin {
	t.Helper()
	in, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, childs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout = in, childs
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	childs.Close()
	k := &kin{TB: t, cmd: cmd, release: release, out: out, lines: bufio.NewScanner(out), member: map[string]member{}}
	k.hold("first", cmd.Process.Pid)
	t.Cleanup(k.end)
	return k
}

func (k *kin) hold(name string, pid int) {
	k.Helper()
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		k.Fatalf("%s, process %d, has gone already: %v", name, pid, err)
	}
	k.member[name] = member{pid, pidfd}
}

// end kills what is left. It may be called again.
func (k *kin) end() {
	for _, m := range k.member {
		unix.PidfdSendSignal(m.pidfd, unix.SIGKILL, nil, 0)
		unix.Close(m.pidfd)
	}
	clear(k.member)
	k.cmd.Wait()
	k.release.Close()
	k.out.Close()
}

// line returns the next line that one of them printed, "" at the end of all.
func (k *kin) line() string {
	k.Helper()
	k.out.SetReadDeadline(time.Now().Add(hang))
	if !k.lines.Scan() && k.lines.Err() != nil {
		k.Fatalf("wait for a line: %v", k.lines.Err())
	}
	return k.lines.Text()
}

// expect fails the test unless the next line is want.
func (k *kin) expect(want string) {
	k.Helper()
	if got := k.line(); got != want {
		k.Fatalf("it said %q, want %q", got, want)
	}
}

// meet waits until n processes have said their names.
func (k *kin) meet(n int) {
	k.Helper()
	for range n {
		name, number, _ := strings.Cut(k.line(), " ")
		pid, err := strconv.Atoi(number)
		if err != nil {
			k.Fatalf("it said %q %q, want a name and a process ID", name, number)
		}
		k.hold(name, pid)
	}
}

// signal sends sig to a member.
func (k *kin) signal(name string, sig unix.Signal) {
	k.Helper()
	if err := unix.PidfdSendSignal(k.member[name].pidfd, sig, nil, 0); err != nil {
		k.Fatalf("signal %s: %v", name, err)
	}
}

// ended tells whether a member ends within the given time.
func (k *kin) ended(name string, within time.Duration) bool {
	k.Helper()
	m, ok := k.member[name]
	if !ok {
		k.Fatalf("nobody said to be %q", name)
	}
	return awaitEvents([]unix.PollFd{{Fd: int32(m.pidfd), Events: unix.POLLIN}}, within)
}

// gone fails the test unless the members end.
func (k *kin) gone(names ...string) {
	k.Helper()
	for _, name := range names {
		if !k.ended(name, hang) {
			k.Fatalf("%s, process %d, is still there", name, k.member[name].pid)
		}
	}
}

// awhile is how long is looked whether something that must not happen does: the
// longer, the surer that a mistake is seen. Nothing right depends on it.
const awhile = 50 * time.Millisecond

// alive fails the test if one of the members is gone, or goes soon.
func (k *kin) alive(names ...string) {
	k.Helper()
	for i, name := range names {
		look := awhile
		if i > 0 {
			look = 0
		}
		if k.ended(name, look) {
			k.Errorf("%s, process %d, is gone", name, k.member[name].pid)
		}
	}
}

// allGone waits until every member has ended, and whatever else has the standard
// output open: programs that nobody knows by number. It returns how long that
// took from the first process's end.
func (k *kin) allGone() time.Duration {
	k.Helper()
	k.gone("first")
	start := time.Now()
	for name := range k.member {
		k.gone(name)
	}
	conn, err := k.out.SyscallConn()
	if err != nil {
		k.Fatal(err)
	}
	hungUp := false
	conn.Control(func(fd uintptr) { hungUp = awaitEvents([]unix.PollFd{{Fd: int32(fd)}}, hang) })
	took := time.Since(start)
	if !hungUp {
		k.Fatal("a program of theirs is still there")
	}
	return took
}

// awaitEvents waits for the first event on one of fds; false where none comes in
// time.
func awaitEvents(fds []unix.PollFd, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for {
		n, err := unix.Poll(fds, int(max(0, time.Until(deadline)).Milliseconds()))
		if err != unix.EINTR {
			return err == nil && n > 0
		}
	}
}

// exit waits for the first process's end and returns its exit code, -1 where a
// signal ended it.
func (k *kin) exit() int {
	k.Helper()
	k.gone("first")
	k.cmd.Wait()
	return k.cmd.ProcessState.ExitCode()
}

// childrenOf lists the children of pid whose command line ends like that.
func childrenOf(pid int, commandEnd string) (found []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		_, behindName, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(behindName)
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if strings.HasSuffix(strings.TrimRight(string(command), "\x00"), commandEnd) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found = append(found, child)
		}
	}
	return found
}
