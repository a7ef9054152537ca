package multiproc_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

func init() {
	scenarios["is interrupted"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			p := must(linger.Start(context.Background(), "child", multiproc.WithStdin(os.Stdin)))
			<-ctx.Done()
			fmt.Println("first:", context.Cause(ctx))
			result, err := p.Wait(context.Background())
			fmt.Println("child:", result, err)
			return nil
		})
	}
}

// A child that had got it would have died of it.
func TestMain_anInterruptAtTheTerminalReachesTheFirstProcessAlone(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	cmd := scenario(t, "is interrupted")
	cmd.ExtraFiles = []*os.File{terminal}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	k := startKin(t, cmd)
	k.meet("child")
	if _, err := keyboard.Write([]byte{'C' - '@'}); err != nil {
		t.Fatal(err)
	}
	k.hear("first: signal: interrupt")
	k.alive("child")
	k.release.Close()
	if said := k.all(); !slices.Equal(said[1:], []string{"child was released", "child: the result <nil>"}) {
		t.Errorf("they said %q", said)
	}
	if code := k.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// openTerminal opens a new pseudoterminal: what a person types, and what a
// program has.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open a pseudoterminal: %v", err)
	}
	keyboard = os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock the pseudoterminal: %v", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("number of the pseudoterminal: %v", err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return keyboard, terminal
}
