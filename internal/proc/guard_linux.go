package proc

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/internal/proc/early"
)

// watch is this process's side of its guard (see package early): the daemons
// that are alive, and the guard that knows them. There is one guard for each
// process that has daemons, so that no process depends on another one's.
var watch guard

type guard struct {
	mu      sync.Mutex
	daemons map[int]int // process ID -> pidfd or -1, all of which the guard has been told
	line    *os.File    // to the guard; nil before the first daemon, and where it had to be given up
	pid     int
	pidfd   int
}

// patience is how long a guard may take to read a notice. One that is stopped is
// of no use, and is replaced.
const patience = 2 * time.Second

// add tells the guard of a daemon, starting the guard where there is none.
func (g *guard) add(pid, pidfd int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.daemons == nil {
		g.daemons = make(map[int]int)
	}
	g.daemons[pid] = pidfd
	if g.line != nil && notify(g.line, early.Watch, pid, pidfd) == nil {
		return nil
	}
	if err := g.restart(); err != nil {
		delete(g.daemons, pid)
		return fmt.Errorf("start the guard of daemons: %w", err)
	}
	return nil
}

// remove takes back an add. The daemon has been reaped, and its group killed.
func (g *guard) remove(pid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.daemons, pid)
	if g.line != nil {
		_ = notify(g.line, early.Forget, pid, -1) // one that can't be told is replaced at the next add
	}
}

// restart replaces the guard, if there is one, by a new one that knows all
// daemons. The caller holds g.mu.
func (g *guard) restart() error {
	if g.line != nil {
		g.line.Close()
		g.line = nil
		syscall.Kill(g.pid, syscall.SIGKILL) // not reaped yet: that takes g.mu
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	line, lineOfChild, err := socketPair(unix.SOCK_SEQPACKET)
	if err != nil {
		return err
	}
	defer lineOfChild.Close()
	birth := early.Birth{Role: early.Guard, Parent: os.Getpid(), Name: "multiproc guard"}
	pid, pidfd, err := fork(birth, []string{"GOMAXPROCS=1"}, "/", []*os.File{null, null, null, lineOfChild}, &syscall.SysProcAttr{})
	if err != nil {
		line.Close()
		return err
	}
	go g.await(pid, pidfd)
	for daemon, daemonfd := range g.daemons {
		if err := notify(line, early.Watch, daemon, daemonfd); err != nil {
			line.Close()
			return err
		}
	}
	g.line, g.pid, g.pidfd = line, pid, pidfd
	return nil
}

// await reaps the guard pid when it ends, and replaces it if it was the current
// one: a guard ends by itself only after this process.
func (g *guard) await(pid, pidfd int) {
	awaitEnd(pid, pidfd)
	g.mu.Lock()
	defer g.mu.Unlock()
	var ws syscall.WaitStatus
	_, _ = reap(pid, &ws, nil)
	unix.Close(pidfd)
	if g.pid == pid && g.line != nil {
		g.line.Close()
		g.line = nil
		if len(g.daemons) > 0 {
			_ = g.restart() // where that fails now, the next add says why
		}
	}
}

// notify sends a notice, with the pidfd where there is one.
func notify(line *os.File, what byte, pid, pidfd int) error {
	notice := early.Notice(what, pid)
	var oob []byte
	if what == early.Watch && pidfd >= 0 {
		oob = unix.UnixRights(pidfd)
	}
	if err := line.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	conn, err := line.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = conn.Write(func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), notice[:], oob, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return sent != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return sent
}
