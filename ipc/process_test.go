//go:build linux

package ipc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/multiproc-go/multiproc/internal/shm"
	"github.com/multiproc-go/multiproc/ipc"
)

// Other processes of these tests are this program again: the environment tells
// them which role to play. They hear and answer a line at a time.
const (
	envRole = "MULTIPROC_TEST_ROLE"
	envSlot = "MULTIPROC_TEST_SLOT"
)

type role func(s *ipc.Space, hear func() string, say func(format string, args ...any)) error

var roles = map[string]role{
	"locker":   locker,
	"waiter":   waiter,
	"adder":    adder,
	"receiver": receiver,
	"stormer":  stormer,
	"attached": attached,
}

func TestMain(m *testing.M) {
	name := os.Getenv(envRole)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := play(name); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

var reading sync.Mutex // of this process's input

func play(name string) error {
	if slot, err := strconv.Atoi(os.Getenv(envSlot)); err == nil {
		if err := shm.JoinFamily(os.NewFile(3, "space"), slot); err != nil {
			return err
		}
	}
	s, err := ipc.Family()
	if err != nil {
		return err
	}
	lines := bufio.NewReader(os.Stdin)
	hear := func() string {
		reading.Lock() // goroutines of a role may wait for lines at once
		line, err := lines.ReadString('\n')
		reading.Unlock()
		if err != nil {
			os.Exit(0)
		}
		return strings.TrimSuffix(line, "\n")
	}
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	return roles[name](s, hear, say)
}

// A child is another process of a test.
type child struct {
	t          testing.TB
	cmd        *exec.Cmd
	in         io.WriteCloser
	out        *bufio.Reader
	invitation *shm.Invitation
	wait       func() error
}

// start starts a process that shares the family's space.
func start(t testing.TB, name string, env ...string) *child {
	t.Helper()
	family, err := shm.Family()
	must(t, err)
	invitation, err := family.Invite()
	must(t, err)
	t.Cleanup(invitation.Ended)
	c := launch(t, name, []*os.File{invitation.File}, append(env, envSlot+"="+strconv.Itoa(invitation.Slot))...)
	invitation.File.Close()
	invitation.Started(c.cmd.Process.Pid)
	c.invitation = invitation
	return c
}

// startAlone starts a process that is the first of its own family.
func startAlone(t testing.TB, name string, env ...string) *child {
	t.Helper()
	return launch(t, name, nil, env...)
}

func launch(t testing.TB, name string, files []*os.File, env ...string) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envRole+"="+name)
	cmd.Env = append(cmd.Env, env...)
	cmd.ExtraFiles = files
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	c := &child{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	c.wait = sync.OnceValue(cmd.Wait)
	t.Cleanup(func() {
		c.signal(syscall.SIGKILL)
		c.wait()
	})
	return c
}

// signal sends to a process that has not been waited for, so that its number is
// nobody else's.
func (c *child) signal(sig syscall.Signal) { c.cmd.Process.Signal(sig) }

func (c *child) kill() {
	c.t.Helper()
	must(c.t, c.cmd.Process.Kill())
	c.wait()
}

func (c *child) tell(format string, args ...any) {
	c.t.Helper()
	_, err := fmt.Fprintf(c.in, format+"\n", args...)
	must(c.t, err)
}

func (c *child) hear() string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("the other process ended: %v", err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (c *child) expect(want string) {
	c.t.Helper()
	if got := c.hear(); got != want {
		c.t.Fatalf("the other process says %q, not %q", got, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// locker locks and unlocks mutexes as it is told.
func locker(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	guards := make(map[string]ipc.Guard)
	for {
		verb, name, _ := strings.Cut(hear(), " ")
		switch verb {
		case "lock":
			m, err := ipc.OpenMutex(background, s, name)
			if err != nil {
				return err
			}
			g, err := m.Lock(background)
			if err != nil {
				return err
			}
			guards[name] = g
			say("locked %v", g.Abandoned())
		case "unlock":
			if err := guards[name].Unlock(); err != nil {
				return err
			}
			say("unlocked")
		}
	}
}

// waiter waits for events.
func waiter(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	for {
		e, err := ipc.OpenEvent(background, s, hear())
		if err != nil {
			return err
		}
		say("waiting")
		if err := e.Wait(background); err != nil {
			return err
		}
		say("set")
	}
}

// adder adds to a number under a lock.
func adder(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	times, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenMutex(background, s, "adders")
	if err != nil {
		return err
	}
	n, err := ipc.OpenInt64(background, s, "sum")
	if err != nil {
		return err
	}
	for range times {
		g, err := m.Lock(background)
		if err != nil {
			return err
		}
		v, err := n.Load(background)
		if err == nil {
			err = n.Store(background, v+1)
		}
		if err == nil {
			err = g.Unlock()
		}
		if err != nil {
			return err
		}
	}
	say("done")
	return nil
}

// receiver gets a mutex's handle and locks it.
func receiver(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	var m ipc.Mutex
	var data []byte
	if _, err := fmt.Sscanf(hear(), "%x", &data); err != nil {
		return err
	}
	if err := m.UnmarshalBinary(data); err != nil {
		return err
	}
	if _, err := m.Lock(context.Background()); err != nil {
		return err
	}
	say("locked %s", m.Name())
	hear()
	return nil
}

// attached is there and does nothing.
func attached(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	say("here")
	n, err := otherProgram()
	if err != nil {
		return err
	}
	say("other programs have %d descriptors of it", n)
	hear()
	return nil
}
