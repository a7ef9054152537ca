package multiproc_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/internal/proc/oldkernel"
)

// The scenario garden starts a branch for each line on its standard input, which
// is the branch's name, and ends with it.
func init() {
	scenarios["garden"] = func() {
		multiproc.Main(func(context.Context) error {
			for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
				must(grow.Start(context.Background(), branch{Name: orders.Text()}, multiproc.Daemon()))
			}
			return nil
		})
	}
}

// plant starts another branch in a garden.
func (k *kin) plant(name string) {
	k.Helper()
	if _, err := fmt.Fprintln(k.release, name); err != nil {
		k.Fatal(err)
	}
	k.meet(branch{Name: name}.names()...)
}

// holdGuard waits until a member has a guard, another one than the last, that has
// been told of so many daemons, and makes it a member by that name.
func (k *kin) holdGuard(name, of string, daemons int) {
	k.Helper()
	eventually(k, name+" knows the daemons", func() bool {
		for _, pid := range childrenOf(k.member[of].pid, "(multiproc guard)") {
			if pid != k.member["guard"].pid && pidfdsOf(pid) == daemons {
				k.hold(name, pid)
				return true
			}
		}
		return false
	})
}

// pidfdsOf counts the processes that a process holds by pidfds.
func pidfdsOf(pid int) (n int) {
	descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, d := range descriptors {
		target, _ := os.Readlink(d)
		if strings.Contains(target, "pidfd") {
			n++
		}
	}
	return n
}

func TestGuard_endsWithItsParent(t *testing.T) {
	for _, end := range endings {
		t.Run(end.how, func(t *testing.T) {
			k := startBranch(t, end.how, 1)
			k.holdGuard("guard", "first", 1)
			k.holdGuard("guard of the daemon", "d", 1)
			k.bringAbout(end.how)
			k.allGone()
		})
	}
}

func TestGuard_isReplacedWhenKilledBeforeTheParent(t *testing.T) {
	k := startKin(t, scenario(t, "garden"))
	k.plant("a")
	k.plant("b")
	k.holdGuard("guard", "first", 2)
	k.signal("guard", unix.SIGKILL)
	k.gone("guard")
	k.holdGuard("successor", "first", 2)
	k.plant("c")
	k.alive("a", "a.sh", "b", "b.sh", "c", "c.sh")
	k.signal("first", unix.SIGKILL)
	k.allGone()
}

// The kernel wakes it at the parent's end.
func TestGuard_stoppedEndsWhatWasStartedMeanwhile(t *testing.T) {
	k := startKin(t, scenario(t, "garden"))
	k.plant("a")
	k.holdGuard("guard", "first", 1)
	k.signal("guard", unix.SIGSTOP)
	k.plant("b")
	k.signal("first", unix.SIGKILL)
	k.allGone()
}

// The scenario calls makes a call for each line on its standard input, and prints
// what became of it.
func init() {
	scenarios["calls"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
				fmt.Printf("pid=%d\n", must(pid.Call(ctx, multiproc.None{})))
			}
			return nil
		})
	}
}

// call has the scenario calls make a call, and returns the process ID that this
// had.
func (k *kin) call() int {
	k.Helper()
	fmt.Fprintln(k.release, "go")
	if !k.listen() {
		k.Fatal("it has ended")
	}
	number, err := strconv.Atoi(strings.TrimPrefix(k.said[len(k.said)-1], "pid="))
	if err != nil {
		k.Fatal(err)
	}
	return number
}

// At some time its socket is full of notices.
func TestGuard_stoppedIsReplacedSoThatStartsGoOn(t *testing.T) {
	k := startKin(t, scenario(t, "calls"))
	k.call()
	k.holdGuard("guard", "first", 0)
	k.signal("guard", unix.SIGSTOP)
	for !k.ended("guard", 0) {
		k.call()
	}
	k.release.Close()
	k.allGone()
}

// What is left undone when the guard is killed together with the parent: the
// daemons end all the same, by the kernel's parent-death signal, and so does
// everything below their own daemons, for which they have guards of their own.
// But nobody is there who could kill the programs that the parent's own daemons
// have started: those of a daemon that was stopped live on, and those of one that
// was running do if the kernel's signal ends it before it has seen the end of the
// life line, as it nearly always does. The parent is stopped before the guard is
// killed, so that it cannot start another one.
func TestGuard_killedTogetherWithTheParentLeavesNoDaemon(t *testing.T) {
	for _, state := range []string{"running", "stopped"} {
		t.Run(state, func(t *testing.T) {
			const times = 20
			survived := 0
			for range times {
				k := startBranch(t, "SIGKILL", 1)
				k.holdGuard("guard", "first", 1)
				if state == "stopped" {
					k.signal("d", unix.SIGSTOP)
					k.signal("d.d", unix.SIGSTOP)
				}
				k.signal("first", unix.SIGSTOP)
				k.signal("guard", unix.SIGKILL)
				k.signal("first", unix.SIGKILL)
				k.gone("first", "guard", "d", "d.d", "d.d.sh", "d.d.sleep")
				if !k.ended("d.sh", awhile) {
					survived++
					k.killGroup("d")
				}
				k.allGone()
				k.end()
			}
			t.Logf("the programs of the parent's own daemon, %s, lived on in %d of %d cases", state, survived, times)
		})
	}
}

// The scenario renouncer has a daemon that changes its user, at which the kernel
// forgets the parent-death signal. Changing user takes root; others keep theirs.
func init() {
	scenarios["renouncer"] = func() {
		multiproc.Init()
		must(renounce.Start(context.Background(), multiproc.None{}, multiproc.Daemon()))
		select {}
	}
}

var renounce = multiproc.Func("renounce", func(ctx context.Context, none multiproc.None) (multiproc.None, error) {
	if os.Getuid() == 0 {
		if err := unix.Setuid(65534); err != nil {
			return none, err
		}
	}
	return growing(ctx, branch{Name: "d"})
})

// Without guard and without the kernel's signal there is the end of the life line.
func TestDaemon_endsItsGroupWhenNothingElseDoes(t *testing.T) {
	k := startKin(t, scenario(t, "renouncer"))
	k.meet(branch{Name: "d"}.names()...)
	k.holdGuard("guard", "first", 1)
	k.signal("first", unix.SIGSTOP)
	k.signal("guard", unix.SIGKILL)
	k.signal("first", unix.SIGKILL)
	if os.Getuid() != 0 {
		k.gone("d") // by the kernel's signal
		return
	}
	k.allGone()
}

func TestGuard_endsAllOnAKernelWithoutGroupSignals(t *testing.T) {
	for _, end := range endings {
		t.Run(end.how, func(t *testing.T) {
			if err := oldkernel.WithoutGroupSignals(); err != nil {
				t.Fatal(err)
			}
			k := startBranch(t, end.how, 1)
			k.bringAbout(end.how)
			k.allGone()
		})
	}
}
