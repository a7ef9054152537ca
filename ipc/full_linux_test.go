package ipc_test

import (
	"errors"
	"fmt"
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

// fill makes objects until there can be no more, and returns their names and why
// there can be no more.
func fill(s *ipc.Space) (names []string, err error) {
	for {
		m, err := ipc.OpenMutex(background, s, "")
		if err != nil {
			return names, err
		}
		names = append(names, m.Name())
	}
}

// goesOn uses what is in a full space, every hundredth since a handle of each would
// take much memory, and makes room in it.
func goesOn(s *ipc.Space, names []string) error {
	for i := 0; i < len(names); i += 100 {
		m, err := ipc.OpenMutex(background, s, names[i])
		if err != nil {
			return err
		}
		g, err := m.Lock(background)
		if err == nil {
			err = g.Unlock()
		}
		if err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return errors.New("not one object")
	}
	if err := s.Delete(background, names[0]); err != nil {
		return err
	}
	if _, err := ipc.OpenMutex(background, s, ""); err != nil {
		return fmt.Errorf("after a Delete: %w", err)
	}
	return nil
}

func TestOpenMutex_onAFullFileSystemSaysSo(t *testing.T) {
	dir, size := fullDir(t)
	s := openSpace(t, filepath.Join(dir, "space"), ipc.SpaceConfig{MaxBytes: size})
	names, err := fill(s)
	if !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("got %v, want ErrNoSpace", err)
	}
	must(t, goesOn(s, names))
	must(t, s.Check(background))
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
