package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// A branch is a daemon with a program of its own, and the daemons below it.
type branch struct {
	Name  string // that of a daemon below has ".d" behind it
	Below int
	Spin  bool // it keeps every processor busy and heeds nothing
}

// names are those of each daemon, its shell, and the first of the two programs
// that the shell starts.
func (b branch) names() []string {
	all := []string{b.Name, b.Name + ".sh", b.Name + ".sleep"}
	if b.Below > 0 {
		below := branch{Name: b.Name + ".d", Below: b.Below - 1}
		all = append(all, below.names()...)
	}
	return all
}

var grow *multiproc.Function[branch, multiproc.None]

func init() { grow = multiproc.Func("grow", growing) } // it starts itself

func growing(ctx context.Context, b branch) (none multiproc.None, err error) {
	say(b.Name, os.Getpid())
	if err := startProgram(b.Name); err != nil {
		return none, err
	}
	if b.Below > 0 {
		_, err := grow.Start(ctx, branch{Name: b.Name + ".d", Below: b.Below - 1}, multiproc.Daemon())
		if err != nil {
			return none, err
		}
	}
	if b.Spin {
		for range 2 * runtime.GOMAXPROCS(0) {
			go spin()
		}
		spin()
	}
	<-ctx.Done()
	return none, nil
}

func spin() {
	for i := 0; ; i++ {
	}
}

// startProgram starts a shell with two programs below it.
func startProgram(name string) error {
	cmd := exec.Command("sh", "-c", `echo "$0.sh $$"; sleep 1000 & echo "$0.sleep $!"; sleep 1000`, name)
	cmd.Stdout = os.Stdout
	return cmd.Start()
}

// The scenario branch is a first process with a branch of daemons: its arguments
// are how it ends, and how many daemons are below the first one.
func init() {
	scenarios["branch"] = func() {
		how, below := os.Args[1], must(strconv.Atoi(os.Args[2]))
		b := branch{Name: "d", Below: below, Spin: how == "SIGKILL, the child spinning"}
		run := func(ctx context.Context) error {
			must(grow.Start(context.Background(), b, multiproc.Daemon()))
			return endAs(ctx, how)
		}
		if how == "SIGTERM without Main" {
			multiproc.Init()
			run(context.Background())
		}
		multiproc.Main(run)
	}
}

// endAs ends the process once its standard input is closed; a signal does it
// sooner.
func endAs(ctx context.Context, how string) error {
	released := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(released)
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-released:
	}
	switch how {
	case "panic":
		panic("the parent panics")
	case "os.Exit":
		os.Exit(3)
	}
	return nil
}

// startBranch starts the scenario branch and waits until all are there.
func startBranch(t testing.TB, how string, below int) *kin {
	t.Helper()
	cmd := scenario(t, "branch", how, strconv.Itoa(below))
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd.Stderr = null // of the panic
	k := startKin(t, cmd)
	k.meet(branch{Name: "d", Below: below}.names()...)
	return k
}

// The ways in which a parent ends, and its exit code then.
var endings = []struct {
	how  string
	code int
}{
	{"return", 0},
	{"panic", 2},
	{"os.Exit", 3},
	{"SIGTERM", 1},
	{"SIGTERM without Main", -1},
	{"SIGKILL", -1},
}

// bringAbout makes the first process end.
func (k *kin) bringAbout(how string) {
	k.Helper()
	switch {
	case strings.HasPrefix(how, "SIGTERM"):
		k.signal("first", unix.SIGTERM)
	case strings.HasPrefix(how, "SIGKILL"):
		k.signal("first", unix.SIGKILL)
	default:
		k.release.Close()
	}
}

func TestDaemon_diesWithItsParentHoweverThatEnds(t *testing.T) {
	for _, end := range endings {
		t.Run(end.how, func(t *testing.T) {
			k := startBranch(t, end.how, 2)
			k.bringAbout(end.how)
			t.Logf("all were gone after %v", k.allGone())
			if code := k.exit(); code != end.code {
				t.Errorf("the parent's exit code is %d, want %d", code, end.code)
			}
		})
	}
}

// It should take 50 ms in the middle and 2 s at worst, from the moment when the
// parent has ended. The figures are printed, but no machine is too slow for the
// test: the worst is held to the hang detector alone, and the lower quartile
// (which a busy neighbour does not spoil) to 50 ms and twenty times what this
// machine takes, in the same minute, to kill such programs by their group.
func TestDaemon_isGoneSoonAfterItsParent(t *testing.T) {
	const times = 200
	var took, sudden, bare []time.Duration
	for i := range times {
		how := endings[i%len(endings)].how
		k := startBranch(t, how, i/len(endings)%2)
		k.bringAbout(how)
		took = append(took, k.allGone())
		if how != "return" && how != "SIGTERM" { // Main has stopped them before its end
			sudden = append(sudden, took[i])
		}
		k.end()
		if i%8 == 0 {
			bare = append(bare, killBareGroup(t))
		}
	}
	limit := 50*time.Millisecond + 20*quantile(bare, 0.5)
	t.Logf("from the parent's end until its daemons, those below them and all programs were gone: %s", summary(took))
	t.Logf("without the ends in which Main stopped them before: %s", summary(sudden))
	t.Logf("killing such programs alone: %s", summary(bare))
	if got := quantile(sudden, 0.25); got > limit {
		t.Errorf("the lower quartile is %v, want below %v", got, limit)
	}
}

func summary(d []time.Duration) string {
	return fmt.Sprintf("p50 %v, p99 %v, max %v of %d", quantile(d, 0.5), quantile(d, 0.99), quantile(d, 1), len(d))
}

func quantile(d []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(int(q*float64(len(d))), len(d)-1)]
}

// killBareGroup measures how long it takes to kill the programs of a daemon by
// their process group, with nothing of this package involved.
func killBareGroup(t testing.TB) time.Duration {
	t.Helper()
	cmd := exec.Command("sh", "-c", `sleep 1000 & echo "sleep $!"; sleep 1000`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	k := startKin(t, cmd)
	k.meet("sleep")
	start := time.Now()
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // not reaped yet
	k.allGone()
	took := time.Since(start)
	k.end()
	return took
}

func TestDaemon_diesWithItsParentWhenStopped(t *testing.T) {
	k := startBranch(t, "SIGKILL", 1)
	for _, name := range (branch{Name: "d", Below: 1}).names() {
		k.signal(name, unix.SIGSTOP)
	}
	k.bringAbout("SIGKILL")
	k.allGone()
}

func TestDaemon_diesWithItsParentWhenItSpins(t *testing.T) {
	const how = "SIGKILL, the child spinning"
	k := startBranch(t, how, 1)
	k.bringAbout(how)
	k.allGone()
}

func TestDaemon_killedTakesThoseBelowItAlongAndNobodyElse(t *testing.T) {
	k := startBranch(t, "return", 2)
	k.signal("d.d", unix.SIGKILL)
	k.gone(branch{Name: "d.d", Below: 1}.names()...)
	k.alive("first", "d", "d.sh", "d.sleep")
	k.release.Close()
	k.allGone()
	if code := k.exit(); code != 0 {
		t.Errorf("the first process's exit code is %d, want 0", code)
	}
}

func TestDaemon_mayEndFirst(t *testing.T) {
	k := startBranch(t, "return", 1)
	k.signal("d", unix.SIGTERM) // its function returns
	k.gone(branch{Name: "d", Below: 1}.names()...)
	k.alive("first")
	k.release.Close()
	k.allGone()
	if code := k.exit(); code != 0 {
		t.Errorf("the parent's exit code is %d, want 0", code)
	}
}

// The parent can't end the programs then, but its guard can.
func TestDaemon_killedWhileItsParentIsStoppedTakesItsProgramsAlong(t *testing.T) {
	k := startBranch(t, "SIGKILL", 1)
	k.signal("first", unix.SIGSTOP)
	k.signal("d", unix.SIGKILL)
	k.gone(branch{Name: "d", Below: 1}.names()...)
	k.alive("first")
}

func init() {
	scenarios["ending thread"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			onEndingThread(func() {
				must(grow.Start(context.Background(), branch{Name: "d"}, multiproc.Daemon()))
			})
			fmt.Println("the thread has ended")
			<-ctx.Done()
			return nil
		})
	}
}

// onEndingThread runs f on a thread and returns when that has ended: the runtime
// ends it with a goroutine that is locked to it, unless it is the first one.
func onEndingThread(f func()) {
	threads := make(chan int)
	var run func()
	run = func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			go run()
			select {} // keeps the first thread
		}
		f()
		threads <- unix.Gettid()
	}
	go run()
	thread := <-threads
	for {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestDaemon_outlivesTheThreadThatStartedIt(t *testing.T) {
	k := startKin(t, scenario(t, "ending thread"))
	k.hear("the thread has ended")
	k.meet(branch{Name: "d"}.names()...)
	k.alive("d", "d.sh", "d.sleep")
	k.signal("first", unix.SIGKILL)
	k.allGone()
}
