package main

import (
	"errors"
	"os"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/examples/internal/example"
)

func TestDaemon(t *testing.T) {
	out := example.Output(t)
	process := regexp.MustCompile(`(process|parent|daemon|child) (\d+)`)
	for _, found := range process.FindAllStringSubmatch(out, -1) {
		awaitEnd(t, found[2])
	}
	got := process.ReplaceAllString(out, "$1 N")
	want := `A daemon may end first:
  daemon N has ended by itself, and its parent N goes on
However its parent ends, a daemon ends with it:
  parent in process N returned: its daemon N is gone
  parent in process N panicked: no more ideas: its daemon N is gone
  parent in process N ended without a result: exit status 3: its daemon N is gone
  parent in process N ended without a result: signal: killed: its daemon N is gone
A child that is no daemon lives on:
  parent in process N ended without a result: signal: killed: its child N still answers
`
	if got != want {
		t.Errorf("the output, numbers aside, is\n%s\nwant\n%s", got, want)
	}
}

// awaitEnd waits until a process is gone, or a zombie: an orphan's is up to
// whoever reaps orphans on this machine. Its descriptors, by which the program
// knows of its end, are closed a moment before.
func awaitEnd(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) { // gone before or while it was read
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`\) [ZX] `).Match(stat) {
			return
		}
	}
	t.Errorf("process %s is still running", pid)
}
