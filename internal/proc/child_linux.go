package proc

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/internal/proc/early"
)

// self is this program, whatever has become of its file since.
const self = "/proc/self/exe"

// arguments are those this process was started with; a child has the same.
var arguments = append([]string(nil), os.Args...)

// A Child is a process that this one has started and not yet reaped, or has.
type Child struct {
	PID      int
	LifeLine *os.File // this side of it
	crash    *os.File
	cgroup   *cgroup // of a child with a memory limit, where there can be one
	daemon   bool
	started  time.Time

	ready chan struct{} // closed when it listens to SIGTERM, or its life line has ended
	taken chan struct{} // closed when it has its input, or its life line has ended
	gone  chan struct{} // closed when it is reaped

	mu     sync.Mutex // orders signals before the reaping: a number is never signalled after it
	pidfd  int        // -1 where the kernel has none
	reaped bool
	doomed bool // its group is killed at its end
}

// Start starts a child. Until Release it waits, before any user code.
func Start(cmd Command) (*Child, error) {
	line, lineOfChild, err := socketPair(unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer lineOfChild.Close()
	crashfd, err := unix.MemfdCreate("multiproc-crash", unix.MFD_CLOEXEC)
	if err != nil {
		line.Close()
		return nil, fmt.Errorf("make a file for its crash report: %w", err)
	}
	crash := os.NewFile(uintptr(crashfd), "crash report")

	role := byte(early.Child)
	if cmd.Daemon {
		role = early.Daemon
	}
	files := append([]*os.File{cmd.Stdin, cmd.Stdout, cmd.Stderr, lineOfChild, crash}, cmd.Files...)
	c := &Child{LifeLine: line, crash: crash, daemon: cmd.Daemon, started: time.Now(), ready: make(chan struct{}), taken: make(chan struct{}), gone: make(chan struct{})}
	attr := &syscall.SysProcAttr{}
	if u := cmd.User; u != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID)}
	}
	if cmd.MemoryLimit {
		if c.cgroup, _ = newCgroup(); c.cgroup != nil { // else the process itself is watched
			attr.UseCgroupFD, attr.CgroupFD = true, int(c.cgroup.dir.Fd())
		}
	}
	birth := early.Birth{Role: role, Parent: os.Getpid(), Name: cmd.Name}
	c.PID, c.pidfd, err = fork(birth, cmd.Env, cmd.Dir, files, attr)
	if err != nil && attr.UseCgroupFD { // it may be the cgroup that it must not go to
		c.cgroup.close()
		c.cgroup, attr.UseCgroupFD = nil, false
		c.PID, c.pidfd, err = fork(birth, cmd.Env, cmd.Dir, files, attr)
	}
	if err == nil {
		if err = c.prepare(cmd); err != nil {
			c.Kill()
			c.Wait()
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// prepare does what must be done before user code runs in the child.
func (c *Child) prepare(cmd Command) error {
	if cmd.Nice != 0 {
		if err := c.setNice(cmd.Nice); err != nil {
			return fmt.Errorf("add %d to its nice value: %w", cmd.Nice, err)
		}
	}
	if cmd.CPULimit > 0 {
		if err := c.setCPULimit(cmd.CPULimit); err != nil {
			return fmt.Errorf("limit its processor time to %v: %w", cmd.CPULimit, err)
		}
	}
	if c.daemon {
		return watch.add(c.PID, c.pidfd)
	}
	return nil
}

// fork starts this program as b, with files as its descriptors from 0 on. pidfd
// is -1 where the kernel has none.
func fork(b early.Birth, env []string, dir string, files []*os.File, sys *syscall.SysProcAttr) (pid, pidfd int, err error) {
	pidfd = -1
	attr := &syscall.ProcAttr{
		Dir: dir,
		// First, since its memory becomes that of the title: see package early.
		Env:   append([]string{early.Variable + "=" + early.Mark(b, len(files)-early.Socket)}, environment(env)...),
		Files: make([]uintptr, len(files)),
		Sys:   sys,
	}
	sys.Setsid, sys.PidFD = true, &pidfd
	for i, f := range files {
		attr.Files[i] = f.Fd()
	}
	defer runtime.KeepAlive(files)
	start := func() { pid, _, err = syscall.StartProcess(self, arguments, attr) }
	switch b.Role {
	case early.Daemon:
		sys.Pdeathsig = syscall.SIGKILL
		onLastingThread(start)
	case early.Guard:
		sys.Pdeathsig = syscall.SIGCONT // so that one that is stopped does its work all the same
		onLastingThread(start)
	default:
		start()
	}
	if err != nil {
		return 0, -1, fmt.Errorf("start %s: %w", self, err)
	}
	return pid, pidfd, nil
}

// sendBuffer is how much of a large input or result may be on its way, in bytes.
// With the system's 208 KiB the two processes wake each other for every such
// piece, which takes half as long again.
const sendBuffer = 1 << 20

// socketPair makes a connection; the first end is this process's, the second is
// for a child to inherit. Both are closed in programs started meanwhile.
func socketPair(kind int) (own, childs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	for _, fd := range fds { // where the system allows no more, it stays at what it has
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "life line"), os.NewFile(uintptr(fds[1]), "life line"), nil
}

// Release lets the child go on to user code. An error means that it is dead
// already, which Wait tells better.
func (c *Child) Release() error {
	_, err := c.LifeLine.Write([]byte{1})
	return err
}

// Ready is closed once the child listens to SIGTERM, which would kill it before,
// or its life line has ended. It takes a running Answer.
func (c *Child) Ready() <-chan struct{} { return c.ready }

// Taken is closed once the child has decoded its input, or its life line has
// ended. It takes a running Answer.
func (c *Child) Taken() <-chan struct{} { return c.taken }

// Answer reads what the child sends: how far it is, and its message. It is called
// once.
func (c *Child) Answer() (Message, error) {
	ready, taken := sync.OnceFunc(func() { close(c.ready) }), sync.OnceFunc(func() { close(c.taken) })
	defer ready()
	defer taken()
	for {
		var word [1]byte
		if _, err := c.LifeLine.Read(word[:]); err != nil {
			return Message{}, err
		}
		switch word[0] {
		case wordReady:
			ready()
		case wordTaken:
			taken()
		case wordAnswer:
			return ReadMessage(c.LifeLine)
		}
	}
}

// Wait waits for the child's end and reaps it. It is called once. Before its
// number is free for others, what is left of the child's group is killed where
// it has to be.
func (c *Child) Wait() Status {
	awaitEnd(c.PID, c.pidfd)
	var ws syscall.WaitStatus
	var usage syscall.Rusage
	c.mu.Lock()
	if c.daemon || c.doomed {
		early.KillGroup(c.PID, c.pidfd)
	}
	pid, err := reap(c.PID, &ws, &usage)
	c.reaped = true
	c.mu.Unlock()
	close(c.gone)
	if c.daemon {
		watch.remove(c.PID)
	}
	unix.Close(c.pidfd) // not sooner: a new guard is handed those of all daemons

	s := Status{Code: -1, Wall: time.Since(c.started)}
	if err != nil || pid != c.PID {
		return s // somebody else in this process has reaped it, or SIGCHLD is ignored
	}
	if ws.Signaled() {
		s.Signal = ws.Signal()
	} else {
		s.Code = ws.ExitStatus()
	}
	s.User = time.Duration(usage.Utime.Nano())
	s.System = time.Duration(usage.Stime.Nano())
	s.MaxRSS = usage.Maxrss << 10
	return s
}

func reap(pid int, ws *syscall.WaitStatus, usage *syscall.Rusage) (int, error) {
	for {
		got, err := syscall.Wait4(pid, ws, 0, usage)
		if err != syscall.EINTR {
			return got, err
		}
	}
}

// Signal sends sig to the child alone, os.ErrProcessDone after its end.
func (c *Child) Signal(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return os.ErrProcessDone
	}
	var err error
	if c.pidfd >= 0 {
		err = early.SignalPidfd(c.pidfd, sig, 0)
	} else {
		err = syscall.Kill(c.PID, sig)
	}
	if err == syscall.ESRCH {
		return os.ErrProcessDone
	}
	return err
}

// Kill kills the child and its group.
func (c *Child) Kill() {
	c.Doom()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return
	}
	early.KillGroup(c.PID, c.pidfd)
	syscall.Kill(c.PID, syscall.SIGKILL) // it may have left the group
}

// KillAll kills the child and all that it started, as far as that can be found:
// its cgroup, else its group.
func (c *Child) KillAll() {
	if c.cgroup != nil {
		c.cgroup.kill()
	}
	c.Kill()
}

// Terminate asks the child to end (SIGTERM), and dooms its group.
func (c *Child) Terminate() {
	c.Doom()
	_ = c.Signal(syscall.SIGTERM) // an error means that it has ended
}

// Doom has the group killed when the child ends.
func (c *Child) Doom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doomed = true
}

// Gone is closed once Wait has reaped the child.
func (c *Child) Gone() <-chan struct{} { return c.gone }

// HangUp ends the life line's incoming side behind what has arrived, so that
// reading it ends. The child has ended; a program that has its end of the line
// all the same (forked by C code, say) is not waited for.
func (c *Child) HangUp() {
	if conn, err := c.LifeLine.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RD) })
	}
}

// CrashReport is the beginning of what the Go runtime said as the child crashed.
func (c *Child) CrashReport(max int) string {
	text := make([]byte, max)
	n, _ := c.crash.ReadAt(text, 0)
	return string(text[:n])
}

// Close gives up what is left of a child that has ended.
func (c *Child) Close() {
	c.LifeLine.Close()
	c.crash.Close()
	if c.cgroup != nil {
		c.cgroup.close()
	}
}
