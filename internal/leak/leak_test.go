package leak_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/leak"
)

// recorder is a test that may fail without failing ours.
type recorder struct {
	testing.TB
	failure  string
	cleanups []func()
}

func (r *recorder) Helper()                        {}
func (r *recorder) Cleanup(f func())               { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, a ...any) { r.failure += fmt.Sprintf(format, a...) }

// finds fails the test unless check, given a moment only, names all of want.
func finds(t *testing.T, snapshot *leak.Snapshot, want ...string) {
	t.Helper()
	var r recorder
	snapshot.Check(&r)
	for _, part := range want {
		if !strings.Contains(r.failure, part) {
			t.Errorf("found %q, want it to name %q", r.failure, part)
		}
	}
}

// soon is for tests that leak something on purpose: it will not go by itself.
var soon = leak.Within(time.Millisecond)

// leaveGoroutine leaves a goroutine in waitForRelease until release is called.
func leaveGoroutine() (release func()) {
	started, done := make(chan struct{}), make(chan struct{})
	go waitForRelease(started, done)
	<-started
	return func() { close(done) }
}

func waitForRelease(started, done chan struct{}) {
	close(started)
	<-done
}

func TestCheck_namesGoroutineLeft(t *testing.T) {
	leak.Check(t)
	snapshot := leak.Take(soon)
	release := leaveGoroutine()
	finds(t, snapshot, "goroutine ", "leak_test.waitForRelease")
	release()
}

func TestCheck_namesDescriptorLeft(t *testing.T) {
	leak.Check(t)
	snapshot := leak.Take(soon)
	path := filepath.Join(t.TempDir(), "open")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	finds(t, snapshot, fmt.Sprintf("descriptor %d: %s", f.Fd(), path))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCheck_tellsDescriptorsOfOneNumberApart(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	before := open("before")
	number := before.Fd()
	snapshot := leak.Take(soon)
	_ = before.Close()
	after := open("after")
	if after.Fd() != number {
		t.Fatalf("descriptor %d came after %d was closed", after.Fd(), number)
	}
	finds(t, snapshot, filepath.Join(dir, "after"))
	_ = after.Close()
}

func TestCheck_namesChildLeft(t *testing.T) {
	leak.Check(t)
	snapshot := leak.Take(soon)
	child := startCat(t)
	finds(t, snapshot, fmt.Sprintf("child process %d (cat, state ", child.Process.Pid), "cat -u")
	end(t, child)
}

func TestCheck_namesZombieLeft(t *testing.T) {
	leak.Check(t)
	snapshot := leak.Take(soon)
	child := startCat(t)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	stat := fmt.Sprintf("/proc/%d/stat", child.Process.Pid)
	for zombie := false; !zombie; { // nobody reaps it before Wait below
		text, err := os.ReadFile(stat)
		if err != nil {
			t.Fatal(err)
		}
		zombie = strings.Contains(string(text), "(cat) Z ")
	}
	finds(t, snapshot, fmt.Sprintf("child process %d (cat, state Z)", child.Process.Pid))
	end(t, child)
}

func TestCheck_namesFileLeft(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	snapshot := leak.Take(leak.Files(dir, "mine-*"), soon)
	for _, name := range []string{"mine-1", "theirs-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var r recorder
	snapshot.Check(&r)
	if !strings.Contains(r.failure, "mine-1") || strings.Contains(r.failure, "theirs-1") {
		t.Errorf("found %q, want mine-1 alone", r.failure)
	}
}

func TestCheck_ignoresWhatItIsTold(t *testing.T) {
	leak.Check(t)
	var ignored int
	snapshot := leak.Take(
		leak.IgnoreFunction("github.com/multiproc-go/multiproc/internal/leak_test.waitForRelease"),
		leak.IgnoreDescriptor(func(_ int, target string) bool {
			return strings.HasPrefix(target, "pipe:") || strings.Contains(target, "pidfd")
		}),
		leak.IgnoreChild(func(pid int, cmdline string) bool { return pid == ignored && cmdline == "cat -u" }),
		soon,
	)
	release := leaveGoroutine()
	child := startCat(t)
	ignored = child.Process.Pid
	var r recorder
	snapshot.Check(&r)
	if r.failure != "" {
		t.Errorf("found %q, which was to be ignored", r.failure)
	}
	release()
	end(t, child)
}

func TestCheck_waitsForWhatGoes(t *testing.T) {
	leak.Check(t)
	// The option is asked at each look, and tells us of them.
	looks := make(chan string, 1)
	look := func(_ int, target string) bool {
		select {
		case looks <- target:
		default:
		}
		return false
	}
	snapshot := leak.Take(leak.IgnoreDescriptor(look))
	<-looks
	f, err := os.Create(filepath.Join(t.TempDir(), "open"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-looks
		_ = f.Close()
	}()
	var r recorder
	snapshot.Check(&r)
	if r.failure != "" {
		t.Errorf("found %q, want it to be waited for", r.failure)
	}
}

func TestCheck_looksWhenTheTestIsOver(t *testing.T) {
	leak.Check(t)
	var r recorder
	leak.Check(&r, soon)
	release := leaveGoroutine()
	for _, cleanup := range r.cleanups {
		cleanup()
	}
	if !strings.Contains(r.failure, "waitForRelease") {
		t.Errorf("found %q, want the goroutine that the test left", r.failure)
	}
	release()
}

// startCat starts a child that lives until its standard input is closed.
func startCat(t *testing.T) *exec.Cmd {
	t.Helper()
	child := exec.Command("cat", "-u")
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child
}

// end kills the child, if it has not been, and reaps it.
func end(t *testing.T, child *exec.Cmd) {
	t.Helper()
	_ = child.Process.Kill()
	_ = child.Wait()
}
