package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// accompanied has a program in its process group that says which signals it gets.
var accompanied = multiproc.Func("accompanied", func(ctx context.Context, none multiproc.None) (multiproc.None, error) {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGUSR1)
	cmd := exec.Command("sh", "-c", `
		trap 'echo program got SIGUSR1' USR1
		trap 'echo program got SIGTERM' TERM
		trap 'echo program ends; kill $!; exit' USR2
		sleep 1000 &
		echo "program $$"
		while :; do wait $!; done`)
	cmd.Stdout = os.Stdout
	if err := cmd.Start(); err != nil {
		return none, err
	}
	say("child", os.Getpid())
	select {
	case <-sig:
		fmt.Println("child got SIGUSR1")
	case <-ctx.Done():
		fmt.Println("child was stopped")
	}
	return none, nil
})

func TestSignal_reachesTheProcessAlone(t *testing.T) {
	k, p := startKinOf(t, accompanied, multiproc.None{})
	k.meet("child", "program")
	if err := p.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	k.hear("child got SIGUSR1")
	if _, err := p.Wait(within(t)); err != nil {
		t.Error(err)
	}
	k.alive("program")
	k.signal("program", unix.SIGUSR2) // which it would hear of after SIGUSR1
	if said := k.all(); !slices.Equal(said, []string{"child got SIGUSR1", "program ends"}) {
		t.Errorf("they said %q", said)
	}
}

func TestStop_signalsTheProcessThenKillsItsGroup(t *testing.T) {
	k, p := startKinOf(t, accompanied, multiproc.None{})
	k.meet("child", "program")
	if err := p.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	k.allGone()
	if said := k.all(); !slices.Equal(said, []string{"child was stopped"}) {
		t.Errorf("they said %q", said)
	}
}

func TestStop_killsTheGroupOfAProcessThatDoesNotListen(t *testing.T) {
	k, p := startKinOf(t, deaf, "child", multiproc.WithGrace(time.Millisecond))
	k.meet("child", "child.sh", "child.sleep")
	if err := p.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	k.allGone()
}

func TestKill_killsTheGroup(t *testing.T) {
	k, p := startKinOf(t, accompanied, multiproc.None{})
	k.meet("child", "program")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	k.allGone()
	if said := k.all(); len(said) != 0 {
		t.Errorf("they said %q", said)
	}
}

// Where the tests may choose process IDs, another process has the number by then.
func TestSignal_neverReachesAnotherProcessOfTheSameNumber(t *testing.T) {
	for _, daemon := range []bool{false, true} {
		var opts []multiproc.Option
		if daemon {
			opts = append(opts, multiproc.Daemon())
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p, err := pid.Start(ctx, multiproc.None{}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Wait(within(t)); err != nil {
			t.Fatal(err)
		}
		k := startWithNumber(t, p.PID())
		if err := p.Signal(syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("Signal = %v, want os.ErrProcessDone", err)
		}
		if err := p.Kill(); err != nil {
			t.Errorf("Kill = %v", err)
		}
		if err := p.Stop(within(t)); err != nil {
			t.Errorf("Stop = %v", err)
		}
		cancel()
		k.alive("first")
	}
}

func TestGuard_neverReachesAnotherProcessOfADaemonsNumber(t *testing.T) {
	k := startKin(t, scenario(t, "calls"))
	number := k.call()
	k.holdGuard("guard", "first", 0)
	other := startWithNumber(t, number)
	k.signal("first", unix.SIGKILL)
	k.allGone()
	other.alive("first")
}

// startWithNumber starts a process that leads a session, with the process ID
// number if it can be had: that takes the right to say which one is next, and
// nobody who is quicker.
func startWithNumber(t testing.TB, number int) *kin {
	t.Helper()
	for range 200 {
		os.WriteFile("/proc/sys/kernel/ns_last_pid", strconv.AppendInt(nil, int64(number)-1, 10), 0)
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		k := startKin(t, cmd)
		if cmd.Process.Pid == number {
			return k
		}
		k.end()
	}
	t.Logf("process ID %d can't be had", number)
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return startKin(t, cmd)
}
