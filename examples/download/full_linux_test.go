package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Where this process may mount a file system, the disk is a small one, and really
// full. Elsewhere the limit on the size of a file stands in for it: the same
// write fails in the same manner, for another reason.
func TestDownload_keepsWhatWasFetchedWhenTheDiskIsFull(t *testing.T) {
	s, dir, b := newServer(t), t.TempDir(), randomBytes(3<<20, 1)
	s.on("/a", content(b, `"1"`))

	var cmd *exec.Cmd
	var why string
	var enlarge func()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1m"); err == nil {
		defer syscall.Unmount(dir, syscall.MNT_DETACH)
		cmd, why = command(t, "-dir", dir, s.URL+"/a"), "no space left on device"
		enlarge = func() {
			if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		t.Logf("no small disk here (%v): the size of a file is limited instead", err)
		cmd, why = limited(t, "-dir", dir, s.URL+"/a"), "file too large"
		enlarge = func() {}
	}

	(<-begin(t, cmd)).want(t, 1, "a.part: "+why+"; what was fetched is kept")
	info, err := os.Stat(filepath.Join(dir, "a.part"))
	if err != nil {
		t.Fatal(err)
	}
	have := info.Size()
	if have < 512<<10 || have > 1<<20 {
		t.Fatalf("a.part has %d bytes, want what there was room for, of 1 MiB", have)
	}
	wantFile(t, filepath.Join(dir, "a.part"), b[:have])

	s.requests()
	enlarge()
	download(t, "-dir", dir, s.URL+"/a").want(t, 0, "a: resuming at "+size(have), "a: done, 3.0 MiB")
	s.wantRequests(t, asked{"/a", fmt.Sprintf("bytes=%d-", have), `"1"`})
	wantFile(t, filepath.Join(dir, "a"), b)
}

// limited is the program with files of at most 1 MiB.
func limited(t *testing.T, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -f 2048 && exec "$0" "$@"`, program}, args...)...)
}
