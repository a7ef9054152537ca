package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// linger waits for the end of its standard input or of its context, and says
// which of them came.
var linger = multiproc.Func("linger", func(ctx context.Context, name string) (string, error) {
	say(name, os.Getpid())
	select {
	case <-endOfInput():
		fmt.Println(name, "was released")
	case <-ctx.Done():
		fmt.Println(name, "was stopped")
	}
	return "the result", nil
})

// endOfInput is closed when nobody has the other end of the standard input open.
func endOfInput() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	return ended
}

// withoutEnd is a standard input that never ends.
func withoutEnd() multiproc.Option {
	r, _ := io.Pipe()
	return multiproc.WithStdin(r)
}

// whenTold returns a function that waits for SIGUSR1.
func whenTold() (wait func()) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR1)
	return func() { <-told }
}

// deaf has a program, and heeds neither its context nor SIGTERM.
var deaf = multiproc.Func("deaf", func(_ context.Context, name string) (none multiproc.None, err error) {
	signal.Ignore(syscall.SIGTERM)
	say(name, os.Getpid())
	if err := startProgram(name); err != nil {
		return none, err
	}
	select {}
})

func init() {
	scenarios["returns"] = func() {
		multiproc.Main(func(context.Context) error {
			if len(os.Args) > 1 {
				return errors.New(os.Args[1])
			}
			return nil
		})
	}
}

func TestMain_exitsWith0ForANilErrorElse1WithTheErrorOnStandardError(t *testing.T) {
	if got := runScenario(t, "returns"); got != (outcome{}) {
		t.Errorf("nil: got %+v, want exit code 0 and silence", got)
	}
	got := runScenario(t, "returns", "the tickets are sold out")
	if got.code != 1 || got.stdout != "" || !strings.HasSuffix(got.stderr, ": the tickets are sold out\n") {
		t.Errorf("an error: got %+v, want exit code 1 and the error", got)
	}
}

func init() {
	scenarios["returns first"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			wait := whenTold()
			must(linger.Start(ctx, "child", multiproc.WithStdin(os.Stdin)))
			must(linger.Start(ctx, "daemon", multiproc.Daemon(), withoutEnd()))
			wait()
			return nil
		})
	}
}

// Its context is the life of the child, too: had that ended with run, the child
// would have been stopped.
func TestMain_stopsDaemonsAndWaitsForTheOtherChildren(t *testing.T) {
	k := startKin(t, scenario(t, "returns first"))
	k.meet("child", "daemon")
	k.signal("first", unix.SIGUSR1)
	k.hear("daemon was stopped")
	k.gone("daemon")
	k.alive("first", "child")
	k.release.Close()
	if said := k.all(); !slices.Contains(said, "child was released") {
		t.Errorf("they said %q", said)
	}
	if code := k.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestMain_childrenThatAreNoDaemonsOutliveAParentThatIsKilled(t *testing.T) {
	k := startKin(t, scenario(t, "is outlived"))
	k.meet("child", "program.sh", "program.sleep")
	k.signal("first", unix.SIGKILL)
	k.gone("first")
	k.alive("child", "program.sh", "program.sleep")
	k.release.Close()
	k.hear("child was released")
	k.gone("child")
	k.alive("program.sh", "program.sleep")
	k.killGroup("child")
	k.allGone()
}

var settle = multiproc.Func("settle", func(ctx context.Context, none multiproc.None) (multiproc.None, error) {
	if err := startProgram("program"); err != nil {
		return none, err
	}
	say("child", os.Getpid())
	<-endOfInput()
	fmt.Println("child was released")
	return none, nil
})

func init() {
	scenarios["is outlived"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			p := must(settle.Start(ctx, multiproc.None{}, multiproc.WithStdin(os.Stdin)))
			p.Wait(ctx)
			return nil
		})
	}
	scenarios["is told"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			say("run", os.Getpid())
			<-ctx.Done()
			fmt.Println("context:", ctx.Err(), "cause:", context.Cause(ctx), errors.Is(context.Cause(ctx), context.Canceled))
			<-endOfInput()
			return nil
		})
	}
	scenarios["does not listen"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			must(deaf.Start(context.Background(), "child"))
			must(deaf.Start(context.Background(), "daemon", multiproc.Daemon()))
			<-ctx.Done()
			fmt.Println("was told")
			select {}
		})
	}
}

func TestMain_theFirstSignalCancelsTheContext(t *testing.T) {
	for sig, want := range map[unix.Signal]string{
		unix.SIGINT:  "context: context canceled cause: signal: interrupt true",
		unix.SIGTERM: "context: context canceled cause: signal: terminated true",
	} {
		k := startKin(t, scenario(t, "is told"))
		k.meet("run")
		k.signal("first", sig)
		k.hear(want)
		k.alive("first")
		k.release.Close()
		if code := k.exit(); code != 0 {
			t.Errorf("%v: exit code %d, want that of run", sig, code)
		}
	}
}

func TestMain_theSecondSignalKillsAllChildren(t *testing.T) {
	for _, c := range []struct {
		first, second unix.Signal
		code          int
	}{
		{unix.SIGINT, unix.SIGINT, 130},
		{unix.SIGTERM, unix.SIGTERM, 143},
		{unix.SIGTERM, unix.SIGINT, 130},
		{unix.SIGINT, unix.SIGTERM, 143},
	} {
		k := startKin(t, scenario(t, "does not listen"))
		k.meet("child", "child.sh", "child.sleep", "daemon", "daemon.sh", "daemon.sleep")
		k.signal("first", c.first)
		k.hear("was told")
		k.alive("first", "child", "daemon")
		k.signal("first", c.second)
		k.allGone()
		if code := k.exit(); code != c.code {
			t.Errorf("%v, %v: exit code %d, want %d", c.first, c.second, code, c.code)
		}
	}
}

// As by nohup. The signal is dropped as it is sent, so there is nothing to wait
// for.
func TestMain_aSignalIgnoredFromTheStartStaysIgnored(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inner := scenario(t, "is told")
	cmd := exec.Command("sh", "-c", `trap "" INT; exec "$0"`, executable)
	cmd.Env = inner.Env
	k := startKin(t, cmd)
	k.meet("run")
	k.signal("first", unix.SIGINT)
	k.signal("first", unix.SIGINT)
	k.alive("first")
	k.signal("first", unix.SIGTERM)
	k.release.Close()
	if said := k.all(); !slices.Equal(said, []string{"context: context canceled cause: signal: terminated true"}) {
		t.Errorf("it said %q", said)
	}
}

// bear starts a child and a daemon of its own, and returns when it is told.
var bear = multiproc.Func("bear", func(context.Context, multiproc.None) (string, error) {
	wait := whenTold()
	say("child", os.Getpid())
	background := context.Background()
	if _, err := linger.Start(background, "grandchild", multiproc.WithStdin(os.Stdin)); err != nil {
		return "", err
	}
	if _, err := linger.Start(background, "granddaemon", multiproc.Daemon(), withoutEnd()); err != nil {
		return "", err
	}
	wait()
	return "returned", nil
})

func TestMain_aChildStopsItsDaemonsAndWaitsForItsChildrenAsMainDoes(t *testing.T) {
	k, p := startKinOf(t, bear, multiproc.None{})
	k.meet("child", "grandchild", "granddaemon")
	k.signal("child", unix.SIGUSR1)
	k.hear("granddaemon was stopped")
	k.gone("granddaemon")
	k.alive("child", "grandchild")
	if !p.Alive() {
		t.Error("the child has a result before its own children have ended")
	}
	k.release.Close()
	k.hear("grandchild was released")
	if got, err := p.Wait(within(t)); got != "returned" || err != nil {
		t.Errorf("Wait = %q, %v", got, err)
	}
}

func TestKill_endsTheDaemonsOfTheProcessAndSparesItsOtherChildren(t *testing.T) {
	k, p := startKinOf(t, bear, multiproc.None{})
	k.meet("child", "grandchild", "granddaemon")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	k.gone("child", "granddaemon")
	k.alive("grandchild")
	k.release.Close()
	if said := k.all(); !slices.Equal(said, []string{"grandchild was released"}) {
		t.Errorf("they said %q", said)
	}
}
