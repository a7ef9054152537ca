package multiproc_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
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
	said    []string
	member  map[string]member // by the name that it said; the first process is "first"
}

type member struct{ pid, pidfd int }

// newKin returns a kin without members, and the standard files of those to come.
// What is left of them is ended when the test is over.
func newKin(t testing.TB) (k *kin, stdin, stdout *os.File) {
	t.Helper()
	stdin, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k = &kin{TB: t, release: release, out: out, lines: bufio.NewScanner(out), member: map[string]member{}}
	t.Cleanup(k.end)
	return k, stdin, stdout
}

// startKin starts cmd as the first process of a kin.
func startKin(t testing.TB, cmd *exec.Cmd) *kin {
	t.Helper()
	k, stdin, stdout := newKin(t)
	defer stdin.Close()
	defer stdout.Close()
	cmd.Stdin, cmd.Stdout = stdin, stdout
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	k.cmd = cmd
	k.hold("first", cmd.Process.Pid)
	return k
}

// startKinOf starts a function as a child of the test, and a member of a kin.
func startKinOf[In, Out any](t testing.TB, f *multiproc.Function[In, Out], in In, opts ...multiproc.Option) (*kin, *multiproc.Process[Out]) {
	t.Helper()
	k, stdin, stdout := newKin(t)
	defer stdin.Close()
	defer stdout.Close()
	p, err := f.Start(t.Context(), in, append(opts, multiproc.WithStdin(stdin), multiproc.WithStdout(stdout))...)
	if err != nil {
		t.Fatal(err)
	}
	return k, p
}

func (k *kin) hold(name string, pid int) {
	k.Helper()
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		k.Fatalf("%s, process %d, has gone already: %v", name, pid, err)
	}
	k.member[name] = member{pid, pidfd}
}

// end kills what is left, each with its group: programs that nobody knows by
// number. It may be called again.
func (k *kin) end() {
	for name, m := range k.member {
		group, err := unix.Getpgid(m.pid)
		if err == nil && group != unix.Getpgrp() && !k.ended(name, 0) {
			unix.Kill(-group, unix.SIGKILL)
		}
	}
	for _, m := range k.member {
		unix.PidfdSendSignal(m.pidfd, unix.SIGKILL, nil, 0)
		unix.Close(m.pidfd)
	}
	clear(k.member)
	if k.cmd != nil {
		k.cmd.Wait()
	}
	k.release.Close()
	k.out.Close()
}

// listen takes the next line that one of them printed; false at the end of all.
// A name and a process ID introduce a member, other lines are kept.
func (k *kin) listen() bool {
	k.Helper()
	k.out.SetReadDeadline(time.Now().Add(hang))
	if !k.lines.Scan() {
		if k.lines.Err() != nil {
			k.Fatalf("wait for a line: %v; they said %q", k.lines.Err(), k.said)
		}
		return false
	}
	line := k.lines.Text()
	name, number, _ := strings.Cut(line, " ")
	if pid, err := strconv.Atoi(number); err == nil {
		k.hold(name, pid)
	} else {
		k.said = append(k.said, line)
	}
	return true
}

// meet waits until members have introduced themselves.
func (k *kin) meet(names ...string) {
	k.Helper()
	for _, name := range names {
		for k.member[name] == (member{}) {
			if !k.listen() {
				k.Fatalf("%s never came; they said %q", name, k.said)
			}
		}
	}
}

// hear waits until one of them has printed line.
func (k *kin) hear(line string) {
	k.Helper()
	for !slices.Contains(k.said, line) {
		if !k.listen() {
			k.Fatalf("nobody said %q; they said %q", line, k.said)
		}
	}
}

// all returns what they have printed when all have ended.
func (k *kin) all() []string {
	k.Helper()
	for k.listen() {
	}
	return k.said
}

// signal sends sig to a member.
func (k *kin) signal(name string, sig unix.Signal) {
	k.Helper()
	if err := unix.PidfdSendSignal(k.member[name].pidfd, sig, nil, 0); err != nil {
		k.Fatalf("signal %s: %v", name, err)
	}
}

// killGroup kills what is left of the process group that a member led, of which
// another member must be left: the group keeps its number as long.
func (k *kin) killGroup(leader string) { unix.Kill(-k.member[leader].pid, unix.SIGKILL) }

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
	if _, ok := k.member["first"]; ok {
		k.gone("first")
	}
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
