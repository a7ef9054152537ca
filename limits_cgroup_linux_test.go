package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// There are two ways to keep a memory limit, and the machine says which one it is:
// by a cgroup, or by watching the process. The tests here hold what is true of
// both, and what is true of the one that there is. This variable, cgroup or
// process, has them fail where it is the other (.ci/vm sets it).
const wayVariable = "MULTIPROC_TEST_WAY"

// limitedByCgroup tells, and logs, in which way the memory limit is kept of a child
// of the process parent, and in which cgroup the child is.
func limitedByCgroup(t testing.TB, child, parent int) (yes bool, dir string) {
	t.Helper()
	dir = cgroupOf(t, child)
	way := "process"
	if strings.HasPrefix(path.Base(dir), fmt.Sprintf("multiproc-%d-", parent)) {
		way = "cgroup"
		t.Log("memory is limited by cgroup, in " + dir)
	} else {
		t.Log("memory is limited by watching the process")
		if own := cgroupOf(t, os.Getpid()); dir != own {
			t.Errorf("the child is in the cgroup %s, want it in that of its parent, %s", dir, own)
		}
	}
	if want := os.Getenv(wayVariable); want != "" && way != want {
		t.Errorf("memory is limited by %s, want %s: %s", way, want, wayVariable)
	}
	return way == "cgroup", dir
}

// cgroupOf is the directory of a process's cgroup of version 2; empty where there
// is no such thing.
func cgroupOf(t testing.TB, pid int) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	cgroups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, own, ok := strings.Cut("\n"+string(cgroups), "\n0::")
	before, _, mounted := strings.Cut(string(mounts), " - cgroup2 ")
	if !ok || !mounted {
		return ""
	}
	mount := strings.Fields(before[strings.LastIndex(before, "\n")+1:])
	own, _, _ = strings.Cut(own, "\n")
	return path.Join(mount[4], own)
}

// A household is a child and a program that it starts, in a session of its own, so
// that no signal to the child's group reaches it. When the standard input ends,
// each takes that much memory; where that is none, the child returns.
var household = multiproc.Func("household", func(ctx context.Context, bytes int) (none multiproc.None, err error) {
	cmd := exec.Command("/proc/self/exe", strconv.Itoa(bytes))
	cmd.Env = append(os.Environ(), scenarioVariable+"=program of a household")
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return none, err
	}
	takeMemory("child", bytes)
	if bytes > 0 {
		<-ctx.Done()
	}
	return none, nil
})

func init() {
	scenarios["program of a household"] = func() {
		takeMemory("program", must(strconv.Atoi(os.Args[1])))
		unix.Pause()
	}
}

// takeMemory takes it from the system, since the race detector doubles what is
// taken from the Go heap.
func takeMemory(name string, bytes int) {
	say(name, os.Getpid())
	io.Copy(io.Discard, os.Stdin)
	if bytes == 0 {
		return
	}
	b := must(unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON))
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	fmt.Println(name + " has taken it")
}

func TestWithMemoryLimit_countsProgramsOfTheChildWhereThereAreCgroups(t *testing.T) {
	k, p := startKinOf(t, household, memoryScale*96<<20, multiproc.WithMemoryLimit(memoryScale*128<<20))
	k.meet("child", "program")
	byCgroup, dir := limitedByCgroup(t, p.PID(), os.Getpid())
	k.release.Close()
	if !byCgroup {
		k.hear("child has taken it")
		k.hear("program has taken it")
		k.alive("child", "program")
		p.Stop(within(t))
		if _, err := p.Wait(within(t)); err != nil {
			t.Errorf("got %v", err)
		}
		return
	}
	if _, err := p.Wait(within(t)); !errors.Is(err, multiproc.ErrMemory) {
		t.Errorf("got %v, want ErrMemory", err)
	}
	if !k.ended("program", 0) {
		t.Error("the program is alive after Wait")
	}
	k.allGone()
	if exists(dir) {
		t.Error("the cgroup is still there")
	}
}

func TestWithMemoryLimit_leavesProgramsBehindAliveAndNoCgroup(t *testing.T) {
	k, p := startKinOf(t, household, 0, multiproc.WithMemoryLimit(memoryScale*128<<20))
	k.meet("child", "program")
	byCgroup, dir := limitedByCgroup(t, p.PID(), os.Getpid())
	k.release.Close()
	if _, err := p.Wait(within(t)); err != nil {
		t.Errorf("got %v", err)
	}
	k.alive("program")
	if got, own := cgroupOf(t, k.member["program"].pid), cgroupOf(t, os.Getpid()); got != own {
		t.Errorf("the program is in %s, want it in the cgroup of the parent, %s", got, own)
	}
	if byCgroup && exists(dir) {
		t.Error("the cgroup is still there")
	}
}

func init() {
	scenarios["is killed with a limited daemon"] = func() {
		multiproc.Init()
		p := must(idle.Start(context.Background(), multiproc.None{}, multiproc.Daemon(), multiproc.WithMemoryLimit(1<<30)))
		say("daemon", p.PID())
		select {}
	}
}

func TestWithMemoryLimit_removesWhatAParentThatWasKilledLeftBehind(t *testing.T) {
	k := startKin(t, scenario(t, "is killed with a limited daemon"))
	k.meet("daemon")
	byCgroup, dir := limitedByCgroup(t, k.member["daemon"].pid, k.member["first"].pid)
	k.signal("first", unix.SIGKILL)
	k.allGone()
	if byCgroup && !exists(dir) {
		t.Error("the cgroup has gone with the parent: what removed it?")
	}
	k.exit()
	if _, err := pid.Call(within(t), multiproc.None{}, multiproc.WithMemoryLimit(1<<30)); err != nil {
		t.Fatal(err)
	}
	if byCgroup && exists(dir) {
		t.Errorf("%s is still there", dir)
	}
}
