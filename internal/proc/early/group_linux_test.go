package early_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/internal/proc/early"
	"github.com/multiproc-go/multiproc/internal/proc/oldkernel"
)

// hang is the point at which a test is taken to hang.
const hang = 60 * time.Second

// A group is a process group of a leader and a program, both of which have the
// standard output open.
type group struct {
	cmd    *exec.Cmd // of the leader
	pidfd  int
	output *os.File
}

func startGroup(t *testing.T) *group {
	t.Helper()
	output, childs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g := &group{cmd: exec.Command("sh", "-c", "sleep 1000 & echo ready; wait"), pidfd: -1, output: output}
	g.cmd.Stdout = childs
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, PidFD: &g.pidfd}
	err = g.cmd.Start()
	childs.Close()
	if err != nil {
		t.Fatal(err)
	}
	output.SetReadDeadline(time.Now().Add(hang))
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the leader said %q, %v", line, err)
	}
	t.Cleanup(func() {
		syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) // which is no other group: see KillGroup
		g.cmd.Wait()
		unix.Close(g.pidfd)
		output.Close()
	})
	return g
}

// gone waits until all of the group have ended.
func (g *group) gone(t *testing.T) {
	t.Helper()
	if _, err := io.Copy(io.Discard, g.output); err != nil {
		t.Errorf("a program of the group is still there: %v", err)
	}
}

// killLeader kills the leader alone and waits for its end.
func (g *group) killLeader(t *testing.T) {
	t.Helper()
	if err := unix.PidfdSendSignal(g.pidfd, unix.SIGKILL, nil, 0); err != nil {
		t.Fatal(err)
	}
	for {
		err := unix.Waitid(unix.P_PIDFD, g.pidfd, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			return
		}
		if err != unix.EINTR {
			t.Fatal(err)
		}
	}
}

var kernels = map[string]func() error{
	"with group signals":    func() error { return nil },
	"without group signals": oldkernel.WithoutGroupSignals,
}

func TestKillGroup_endsTheLeaderAndItsPrograms(t *testing.T) {
	for kernel, enter := range kernels {
		for _, byNumber := range []bool{false, true} {
			for _, leader := range []string{"alive", "ended", "reaped"} {
				name := "kernel " + kernel + ", by pidfd"
				if byNumber {
					name = strings.Replace(name, "pidfd", "number", 1)
				}
				t.Run(name+", leader "+leader, func(t *testing.T) {
					if err := enter(); err != nil {
						t.Fatal(err)
					}
					g := startGroup(t)
					if leader != "alive" {
						g.killLeader(t)
					}
					if leader == "reaped" {
						g.cmd.Wait()
					}
					pidfd := g.pidfd
					if byNumber {
						pidfd = -1
					}
					early.KillGroup(g.cmd.Process.Pid, pidfd)
					g.gone(t)
				})
			}
		}
	}
}
