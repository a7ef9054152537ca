package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// Spending is what a function uses up, and how.
type Spending struct {
	How   string
	Bytes int
}

var keep [][]byte

var spend = multiproc.Func("spend", func(ctx context.Context, s Spending) (string, error) {
	switch s.How {
	case "touch":
		b := make([]byte, s.Bytes)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	case "small pieces":
		for n := 0; n < s.Bytes; n += 1 << 10 {
			keep = append(keep, append(make([]byte, 0, 1<<10), 1))
		}
	case "without the Go heap":
		b, err := unix.Mmap(-1, 0, s.Bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return "", err
		}
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
	case "untouched":
		keep = append(keep, make([]byte, s.Bytes))
	case "shared":
		b, err := unix.Mmap(-1, 0, s.Bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON)
		if err != nil {
			return "", err
		}
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
	case "garbage":
		for n := 0; n < s.Bytes; n += 64 << 10 {
			keep = [][]byte{make([]byte, 64<<10)}
		}
	case "spin":
		for range runtime.GOMAXPROCS(0) {
			go func() {
				for n := 0; ; n++ {
				}
			}()
		}
		select {}
	case "system calls":
		for {
			os.Getppid()
		}
	case "spin until the end":
		for ctx.Err() == nil {
		}
		return "", ctx.Err()
	}
	return "spent", nil
})

func TestWithMemoryLimit_endsAChildThatTakesMoreAlone(t *testing.T) {
	for _, how := range []string{"touch", "small pieces", "without the Go heap"} {
		t.Run(how, func(t *testing.T) {
			p, err := spend.Start(t.Context(), Spending{how, 1 << 30}, multiproc.WithMemoryLimit(memoryScale*128<<20), multiproc.WithStderr(discard{}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Wait(within(t))
			var exit *multiproc.ExitError
			if !errors.As(err, &exit) || !errors.Is(err, multiproc.ErrMemory) || errors.Is(err, multiproc.ErrCPU) || exit.Exit.Limit != "memory" {
				t.Fatalf("got %v, want an *ExitError that is ErrMemory\n%s", err, exit.Stderr)
			}
			if want := fmt.Sprintf("spend in process %d was ended by its memory limit of %d bytes: ", p.PID(), memoryScale*128<<20); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %q, want it to begin with %q", err, want)
			}
		})
	}
}

func TestWithMemoryLimit_leavesAChildBelowItAlone(t *testing.T) {
	for _, s := range []Spending{{"touch", 32 << 20}, {"shared", 512 << 20}, {"garbage", 2 << 30}, {"untouched", 1 << 30}} {
		if got, err := spend.Call(within(t), s, multiproc.WithMemoryLimit(memoryScale*128<<20)); got != "spent" || err != nil {
			t.Errorf("%v: %q, %v", s, got, err)
		}
	}
}

func TestWithMemoryLimit_tellsTheGoRuntime(t *testing.T) {
	got, err := memoryLimit.Call(within(t), multiproc.None{}, multiproc.WithMemoryLimit(1000<<20))
	if err != nil || got != 900<<20 {
		t.Errorf("got %d, %v; want nine tenths of the limit", got, err)
	}
	got, err = memoryLimit.Call(within(t), multiproc.None{}, multiproc.WithMemoryLimit(1000<<20), multiproc.WithEnv("GOMEMLIMIT=100MiB"))
	if err != nil || got != 100<<20 {
		t.Errorf("with GOMEMLIMIT of the user's own: got %d, %v", got, err)
	}
}

var memoryLimit = multiproc.Func("memoryLimit", func(context.Context, multiproc.None) (int64, error) {
	return debug.SetMemoryLimit(-1), nil
})

func TestWithCPULimit_endsAChildThatSpins(t *testing.T) {
	for _, how := range []string{"spin", "system calls"} {
		t.Run(how, func(t *testing.T) {
			p, err := spend.Start(t.Context(), Spending{How: how}, multiproc.WithCPULimit(50*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Wait(within(t))
			var exit *multiproc.ExitError
			if !errors.As(err, &exit) || !errors.Is(err, multiproc.ErrCPU) || exit.Exit.Limit != "cpu" {
				t.Fatalf("got %v, want an *ExitError that is ErrCPU", err)
			}
			if used := exit.Exit.User + exit.Exit.System; used < 50*time.Millisecond {
				t.Errorf("it used %v only", used)
			}
		})
	}
}

func TestWithCPULimit_isKeptByTheKernelToo(t *testing.T) {
	var limit unix.Rlimit
	p := awaitReady(t, t.Context(), yielding, "nil", multiproc.WithCPULimit(1500*time.Millisecond))
	if err := unix.Prlimit(p.PID(), unix.RLIMIT_CPU, nil, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur != 2 || limit.Max != 2 {
		t.Errorf("RLIMIT_CPU is %+v, want 2 s", limit)
	}
	p.Stop(within(t))
}

func TestWithCPULimit_doesNotCountWaiting(t *testing.T) {
	p := awaitReady(t, t.Context(), yielding, "nil", multiproc.WithCPULimit(10*time.Second))
	p.Stop(within(t))
	if got, err := p.Wait(within(t)); got != "all the same" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWithTimeout_endsAChildThatDoesNotListen(t *testing.T) {
	_, err := spend.Call(within(t), Spending{How: "spin"}, multiproc.WithTimeout(50*time.Millisecond), multiproc.WithGrace(10*time.Millisecond))
	var exit *multiproc.ExitError
	if !errors.As(err, &exit) || !errors.Is(err, multiproc.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) ||
		exit.Exit.Limit != "timeout" || exit.Exit.Signal != syscall.SIGKILL || exit.Exit.Wall < 50*time.Millisecond {
		t.Errorf("got %v", err)
	}
}

func TestWithTimeout_isAnErrorAlsoOfAChildThatListens(t *testing.T) {
	p := awaitReady(t, t.Context(), yielding, "own", multiproc.WithTimeout(50*time.Millisecond))
	got, err := p.Wait(within(t))
	var exit *multiproc.ExitError
	if !errors.As(err, &exit) || !errors.Is(err, multiproc.ErrTimeout) || !errors.Is(err, errSoldOut) || got != "partly" {
		t.Errorf("got %q, %v; want an *ExitError that is ErrTimeout and what the function returned, and its result", got, err)
	}
}

func TestWithTimeout_aResultWithoutErrorIsBelieved(t *testing.T) {
	got, err := yielding.Call(within(t), "nil", multiproc.WithTimeout(50*time.Millisecond), multiproc.WithStdout(discard{}))
	if got != "all the same" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// niceness is the nice values of all threads of this process.
var niceness = multiproc.Func("niceness", func(context.Context, multiproc.None) (map[string]int, error) {
	threads := map[string]int{}
	tasks, err := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		stat, err := os.ReadFile("/proc/self/task/" + task.Name() + "/stat")
		if err != nil {
			return nil, err
		}
		_, fields, _ := strings.Cut(string(stat), ") ")
		if threads[task.Name()], err = strconv.Atoi(strings.Fields(fields)[16]); err != nil {
			return nil, err
		}
	}
	return threads, err
})

func TestWithNice_addsToTheParentsInAllThreads(t *testing.T) {
	threads, err := niceness.Call(within(t), multiproc.None{}, multiproc.WithNice(7))
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	for thread, nice := range threads {
		if nice != 20-own+7 {
			t.Errorf("thread %s has %d, want %d", thread, nice, 20-own+7)
		}
	}
	if len(threads) == 0 {
		t.Error("no threads")
	}
}

var whoami = multiproc.Func("whoami", func(context.Context, multiproc.None) (string, error) {
	groups, err := os.Getgroups()
	if err != nil {
		return "", err
	}
	out, err := exec.Command("id", "-u").Output()
	return fmt.Sprint(os.Getuid(), " ", os.Getgid(), " ", groups, " ", strings.TrimSpace(string(out))), err
})

// TestWithUser_runsAsAnotherUser needs root for its first half. Without, the
// second half is what an ordinary user gets.
func TestWithUser_runsAsAnotherUser(t *testing.T) {
	got, err := whoami.Call(within(t), multiproc.None{}, multiproc.WithUser(65534, 65533), multiproc.WithDir("/"))
	if os.Getuid() != 0 {
		if !errors.Is(err, os.ErrPermission) {
			t.Errorf("got %v, want a refusal", err)
		}
		return
	}
	// The test's binary lies in a directory that is root's alone; it is executed
	// all the same.
	if err != nil || got != "65534 65533 [] 65534" {
		t.Errorf("got %q, %v", got, err)
	}
}

var whoamiBelow = multiproc.Func("whoamiBelow", func(ctx context.Context, none multiproc.None) (string, error) {
	return whoami.Call(ctx, none)
})

func TestWithUser_aChildOfAnotherUserMayHaveChildren(t *testing.T) {
	if os.Getuid() != 0 {
		return // see TestWithUser_runsAsAnotherUser
	}
	got, err := whoamiBelow.Call(within(t), multiproc.None{}, multiproc.WithUser(65534, 65533), multiproc.WithDir("/"))
	if err != nil || got != "65534 65533 [] 65534" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWithUser_aDaemonOfAnotherUserDiesWithItsParentToo(t *testing.T) {
	if os.Getuid() != 0 {
		return // see TestWithUser_runsAsAnotherUser: there is no such daemon
	}
	cmd := scenario(t, "is killed with a daemon of another user")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var daemon int
	if _, err := fmt.Fscan(out, &daemon); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(daemon, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	cmd.Process.Kill()
	cmd.Wait()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	eventually(t, "the daemon is gone", func() bool {
		n, err := unix.Poll(fds, 10)
		return n == 1 && err == nil
	})
}

func init() {
	scenarios["is killed with a daemon of another user"] = func() {
		multiproc.Init()
		p := must(idle.Start(context.Background(), multiproc.None{}, multiproc.Daemon(), multiproc.WithUser(65534, 65534), multiproc.WithDir("/")))
		fmt.Println(p.PID())
		select {}
	}
}

func TestStart_namesTheLimitThatIsWrong(t *testing.T) {
	for want, opt := range map[string]multiproc.Option{
		"memory limit of 0 bytes":  multiproc.WithMemoryLimit(0),
		"processor time limit -1s": multiproc.WithCPULimit(-time.Second),
		"time limit 0s":            multiproc.WithTimeout(0),
		"user -1, group 0":         multiproc.WithUser(-1, 0),
	} {
		if _, err := pid.Start(t.Context(), multiproc.None{}, opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
}
