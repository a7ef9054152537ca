package ipc_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/ipc"
)

// fullDir is a directory on a file system of 4 MiB.
// Only root may make one; for others it is an ordinary directory, and the space
// itself is what is small.
func fullDir(t *testing.T) (dir string, size int64) {
	t.Helper()
	dir = t.TempDir()
	if os.Getuid() != 0 {
		return dir, 1 << 20
	}
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"))
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir, 64 << 20
}

func TestOpenMutex_onAFullFileSystemSaysSo(t *testing.T) {
	dir, size := fullDir(t)
	s, err := ipc.Open(background, filepath.Join(dir, "space"), ipc.SpaceConfig{MaxBytes: size})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	var made []*ipc.Mutex
	for {
		m, err := ipc.OpenMutex(background, s, "")
		if errors.Is(err, ipc.ErrNoSpace) {
			break
		}
		must(t, err)
		made = append(made, m)
	}
	for _, m := range made { // what is there goes on
		g, err := m.Lock(background)
		must(t, err)
		must(t, g.Unlock())
	}
	must(t, s.Check(background))
	if len(made) == 0 {
		t.Error("not one object")
	}
}

func TestOpen_onAFullFileSystemLeavesNoFile(t *testing.T) {
	dir, size := fullDir(t)
	if os.Getuid() == 0 {
		must(t, os.WriteFile(filepath.Join(dir, "others"), make([]byte, 4<<20-3*4096), 0o600))
	}
	path := filepath.Join(dir, "space")
	s, err := ipc.Open(background, path, ipc.SpaceConfig{MaxBytes: size})
	if os.Getuid() != 0 {
		must(t, err)
		must(t, s.Close())
		return
	}
	if !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("got %v, want ErrNoSpace", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file of that name: %v", err)
	}
}

func TestOpen_refusesAFileOfAnotherUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "space")
	s, err := ipc.Open(background, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	must(t, err)
	must(t, s.Close())
	owner := 65534
	if os.Getuid() != 0 { // who may not give files away takes one of root's
		path, owner = "/etc/passwd", 0
	} else {
		must(t, os.Chown(path, owner, owner))
	}
	if s, err := ipc.Open(background, path, ipc.SpaceConfig{}); err == nil {
		s.Close()
		t.Errorf("a file of user %d is opened", owner)
	}
}
