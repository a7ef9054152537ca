package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

func init() {
	scenarios["shuts down twice"] = func() {
		multiproc.Init()
		wait := whenTold()
		ctx := context.Background()
		must(deaf.Start(ctx, "daemon", multiproc.Daemon(), multiproc.WithGrace(time.Hour)))
		must(linger.Start(ctx, "child", multiproc.WithStdin(os.Stdin)))
		wait()

		ended, cancel := context.WithCancel(ctx)
		cancel()
		err := multiproc.Shutdown(ended)
		fmt.Println("first:", errors.Is(err, context.Canceled), err)
		fmt.Println("second:", multiproc.Shutdown(ctx))
	}
}

func TestShutdown_atItsContextsEndKillsDaemonsAndLeavesTheOthers(t *testing.T) {
	k := startKin(t, scenario(t, "shuts down twice"))
	k.meet("daemon", "daemon.sh", "daemon.sleep", "child")
	k.signal("first", unix.SIGUSR1)
	k.hear("first: true multiproc: shutdown: 1 children are still running: context canceled")
	k.gone("daemon", "daemon.sh", "daemon.sleep")
	k.alive("first", "child")
	k.release.Close()
	if said := k.all(); !slices.Equal(said[1:], []string{"child was released", "second: <nil>"}) {
		t.Errorf("they said %q", said)
	}
	if code := k.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func init() {
	scenarios["runs Init in the first process alone"] = func() {
		fmt.Println("a process is in main")
		if os.Getenv("MULTIPROC_TEST_STAGE") == "" {
			multiproc.Init()
		}
		p, err := pid.Start(context.Background(), multiproc.None{}, multiproc.WithEnv("MULTIPROC_TEST_STAGE=2"))
		if err != nil {
			fmt.Println("start:", errors.Is(err, multiproc.ErrNoMain))
			return
		}
		_, err = p.Wait(context.Background())
		var exit *multiproc.ExitError
		fmt.Println("wait:", errors.As(err, &exit) && exit.Exit.Code == 0)
	}
	scenarios["forgets Init"] = func() {
		fmt.Println("a process is in main")
		_, err := pid.Call(context.Background(), multiproc.None{}, multiproc.WithEnv("MULTIPROC_TEST_STAGE=2"))
		fmt.Println("call:", errors.Is(err, multiproc.ErrNoMain))
	}
}

// No fork bomb: what was started says so.
func TestErrNoMain_whereInitWasForgotten(t *testing.T) {
	for name, want := range map[string]string{
		"forgets Init": "a process is in main\ncall: true\n",
		"runs Init in the first process alone": "a process is in main\n" +
			"a process is in main\nstart: true\nwait: true\n",
	} {
		if got := runScenario(t, name); got.stdout != want || got.code != 0 {
			t.Errorf("%s: got %q and exit code %d, want %q", name, got.stdout, got.code, want)
		}
	}
}
