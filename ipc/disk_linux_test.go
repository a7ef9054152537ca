package ipc_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/ipc"
)

// disks are the file systems of disks that can hold a space, and how large the
// smallest is that can be made.
var disks = map[string]int64{"ext4": 16 << 20, "xfs": 300 << 20}

// mountDisk makes and mounts a file system in a file. The error says why that cannot
// be done here: it takes root, the program that makes the file system, and a kernel
// with loop devices.
func mountDisk(t *testing.T, kind string, size int64) (dir string, err error) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, size))
	if out, err := exec.Command("mkfs."+kind, "-q", image).CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) }) // a closed space is unmapped later
	return dir, nil
}

// Where no disk can be mounted, the directory is an ordinary one, and the space itself
// is what is small.
func TestOpenMutex_onAFullDiskSaysSo(t *testing.T) {
	for kind, disk := range disks {
		t.Run(kind, func(t *testing.T) {
			size := int64(256 << 20)
			dir, err := mountDisk(t, kind, disk)
			if err != nil {
				t.Logf("no %s can be mounted here: %v", kind, err)
				dir, size = t.TempDir(), 1<<20
			} else {
				leave(t, dir, 4<<20)
			}
			s, err := ipc.Open(background, filepath.Join(dir, "space"), ipc.SpaceConfig{MaxBytes: size})
			must(t, err)
			names, err := fill(s)
			if !errors.Is(err, ipc.ErrNoSpace) {
				t.Errorf("got %v, want ErrNoSpace", err)
			}
			t.Logf("%d objects, then %v", len(names), err)
			must(t, goesOn(s, names))
			must(t, s.Check(background))
			must(t, s.Close())
		})
	}
}

// leave fills the file system at dir with another file, but for so many bytes.
func leave(t *testing.T, dir string, bytes uint64) {
	t.Helper()
	var now unix.Statfs_t
	must(t, unix.Statfs(dir, &now))
	f, err := os.Create(filepath.Join(dir, "others"))
	must(t, err)
	must(t, unix.Fallocate(int(f.Fd()), 0, 0, int64(now.Bavail*uint64(now.Bsize)-bytes)))
	must(t, f.Close())
}
