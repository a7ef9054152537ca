package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// start starts the program, which fetches /a.bin and /b.bin from a server that
// stops in the middle of each, and returns once all that came has been written.
func start(t *testing.T, s *server, dir string, a, b []byte) (cmd *exec.Cmd, ended <-chan end) {
	t.Helper()
	never := make(chan struct{})
	s.on("/a.bin", after(len(a)/2, waits(never), content(a, `"a1"`)))
	s.on("/b.bin", after(len(b)/3, waits(never), content(b, `"b1"`)))
	cmd = command(t, "-dir", dir, s.URL+"/a.bin", s.URL+"/b.bin")
	ended = begin(t, cmd)
	awaitSize(t, filepath.Join(dir, "a.bin.part"), len(a)/2)
	awaitSize(t, filepath.Join(dir, "b.bin.part"), len(b)/3)
	s.wantRequests(t, asked{Path: "/a.bin"}, asked{Path: "/b.bin"})
	s.on("/a.bin", content(a, `"a1"`))
	s.on("/b.bin", content(b, `"b1"`))
	return cmd, ended
}

// wantRest runs the program once more, and checks that it asks for no more than
// what is missing.
func wantRest(t *testing.T, s *server, dir string, a, b []byte) {
	t.Helper()
	download(t, "-dir", dir, s.URL+"/a.bin", s.URL+"/b.bin").want(t, 0,
		"a.bin: resuming at "+size(int64(len(a)/2)), "b.bin: resuming at "+size(int64(len(b)/3)), "a.bin: done", "b.bin: done")
	s.wantRequests(t,
		asked{"/a.bin", fmt.Sprintf("bytes=%d-", len(a)/2), `"a1"`},
		asked{"/b.bin", fmt.Sprintf("bytes=%d-", len(b)/3), `"b1"`})
	wantFile(t, filepath.Join(dir, "a.bin"), a)
	wantFile(t, filepath.Join(dir, "b.bin"), b)
	wantOnly(t, dir, "a.bin", "b.bin")
}

func TestDownload_goesOnAfterItWasKilled(t *testing.T) {
	s, dir, a, b := newServer(t), t.TempDir(), randomBytes(3<<20, 1), randomBytes(1<<20, 2)
	cmd, ended := start(t, s, dir, a, b)
	family := descendants(t, cmd.Process.Pid)
	if len(family) < 2 {
		t.Fatalf("the program has the children %v, want one for each file", family)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range family {
		eventually(t, fmt.Sprintf("process %d is gone", pid), func() bool { return !isRunning(pid) })
	}
	if e := <-ended; e.code != -1 {
		t.Errorf("the program ended with status %d, want that it was killed", e.code)
	}
	wantOnly(t, dir, "a.bin.part", "a.bin.part.json", "b.bin.part", "b.bin.part.json")
	wantFile(t, filepath.Join(dir, "a.bin.part"), a[:len(a)/2])
	wantRest(t, s, dir, a, b)
}

func TestDownload_stopsAtSIGINTAndTellsHowToGoOn(t *testing.T) {
	s, dir, a, b := newServer(t), t.TempDir(), randomBytes(3<<20, 1), randomBytes(1<<20, 2)
	cmd, ended := start(t, s, dir, a, b)
	family := descendants(t, cmd.Process.Pid)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	(<-ended).want(t, 1, "a.bin: stopped\n", "b.bin: stopped\n", "interrupted; what was fetched is kept, and the same command line goes on from there")
	for _, pid := range family {
		eventually(t, fmt.Sprintf("process %d is gone", pid), func() bool { return !isRunning(pid) })
	}
	wantRest(t, s, dir, a, b)
}

// awaitSize waits until a file has so many bytes.
func awaitSize(t *testing.T, path string, size int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s has %d bytes", filepath.Base(path), size), func() bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() == int64(size)
	})
}

// descendants are the process IDs of all below a process.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		child, parent := parentage(path)
		if parent == pid {
			found = append(found, child)
			found = append(found, descendants(t, child)...)
		}
	}
	return found
}

// parentage reads two process IDs from a stat file of /proc; zeros where the
// process has gone.
func parentage(path string) (pid, parent int) {
	stat, err := os.ReadFile(path)
	if err != nil {
		return 0, 0
	}
	open, closed := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')') // around the name
	var state rune
	if _, err := fmt.Sscanf(string(stat[:open])+string(stat[closed+2:]), "%d %c %d", &pid, &state, &parent); err != nil || state == 'Z' {
		return 0, 0
	}
	return pid, parent
}

// isRunning tells whether a process is there and no zombie: an orphan's is up to
// whoever reaps orphans on this machine.
func isRunning(pid int) bool {
	found, _ := parentage(fmt.Sprintf("/proc/%d/stat", pid))
	return found != 0
}
