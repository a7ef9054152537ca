//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func openSpace(t testing.TB, path string, cfg ipc.SpaceConfig) *ipc.Space {
	t.Helper()
	s, err := ipc.Open(background, path, cfg)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestOpen_theSameNameIsTheSameSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "space")
	one, two := openSpace(t, path, ipc.SpaceConfig{}), openSpace(t, path, ipc.SpaceConfig{})
	m, err := ipc.OpenMutex(background, one, "m")
	must(t, err)
	same, err := ipc.OpenMutex(background, two, "m")
	must(t, err)
	_, err = m.Lock(background)
	must(t, err)
	if _, err := same.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock through another Space: %v", err)
	}
	must(t, one.Close())
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("TryLock through a closed Space: %v", err)
	}
	g, err := same.Lock(background)
	must(t, err)
	if !g.Abandoned() {
		t.Error("what was held through a closed Space is not abandoned")
	}
	must(t, g.Unlock())
	must(t, two.Check(background))
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

func TestOpen_nameWithoutSlashIsInTheRuntimeDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	openSpace(t, "jobs", ipc.SpaceConfig{MaxBytes: 1 << 20})
	if _, err := os.Stat(filepath.Join(dir, "multiproc", "jobs")); err != nil {
		t.Error(err)
	}
	must(t, ipc.Remove(background, "jobs"))
	if err := ipc.Remove(background, "jobs"); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("second Remove: %v", err)
	}
	for _, bad := range []string{"", ".", "..", "a\x00b"} {
		if s, err := ipc.Open(background, bad, ipc.SpaceConfig{}); err == nil {
			s.Close()
			t.Errorf("%q is a space's name", bad)
		}
	}
}

func TestOpen_refusesWhatIsNoSpaceOfOurs(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	openSpace(t, good, ipc.SpaceConfig{MaxBytes: 1 << 20})
	whole, err := os.ReadFile(good)
	must(t, err)
	file := func(name string, mode os.FileMode, change func(data []byte) []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, change(append([]byte(nil), whole...)), mode))
		must(t, os.Chmod(path, mode))
		return path
	}
	set := func(at int) func([]byte) []byte {
		return func(data []byte) []byte {
			data[at] ^= 0x55
			return data
		}
	}
	same := func(data []byte) []byte { return data }
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(good, link))
	for _, c := range []struct {
		path string
		want error
		says string
	}{
		{file("text", 0o600, func([]byte) []byte { return []byte("hello") }), ipc.ErrCorrupt, "5 bytes"},
		{file("empty", 0o600, func([]byte) []byte { return nil }), ipc.ErrCorrupt, "0 bytes"},
		{file("short", 0o600, func(data []byte) []byte { return data[:8192] }), ipc.ErrCorrupt, "size"},
		{file("magic", 0o600, set(0)), ipc.ErrCorrupt, "begins with something else"},
		{file("version", 0o600, set(8)), ipc.ErrVersion, "version"},
		{file("boot", 0o600, set(16)), ipc.ErrVersion, "boot"},
		{file("layout", 0o600, set(46)), ipc.ErrCorrupt, "contradicts"},
		{file("open to all", 0o644, same), nil, "others may open it"},
		{link, ipc.ErrCorrupt, "symbolic link"},
		{dir, nil, "directory"},
		{"/proc/self/nothing", nil, ""},
		{filepath.Join(dir, "no", "such"), fs.ErrNotExist, ""},
	} {
		s, err := ipc.Open(background, c.path, ipc.SpaceConfig{})
		if err == nil {
			s.Close()
			t.Errorf("%s is opened", c.path)
		} else if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	if _, err := ipc.Open(background, good, ipc.SpaceConfig{MaxBytes: 2 << 20}); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("another MaxBytes: %v", err)
	}
	if _, err := ipc.Open(background, filepath.Join(dir, "tiny"), ipc.SpaceConfig{MaxBytes: 1}); err == nil {
		t.Error("a space of one byte")
	}
}

func TestOpen_aFullSpaceSaysSoAndMemoryComesBack(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	var names []string
	for {
		n, err := ipc.OpenInt64(background, s, "")
		if errors.Is(err, ipc.ErrNoSpace) {
			break
		}
		must(t, err)
		names = append(names, n.Name())
	}
	if len(names) < 100 {
		t.Errorf("only %d objects in 1 MiB", len(names))
	}
	for _, name := range names {
		must(t, s.Delete(background, name))
	}
	for range 10 * len(names) {
		n, err := ipc.OpenInt64(background, s, "")
		must(t, err)
		must(t, s.Delete(background, n.Name()))
	}
	must(t, s.Check(background))
}

func TestSpace_holdsTenThousandObjects(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "many"), ipc.SpaceConfig{})
	const objects = 10_000
	for i := range objects {
		n, err := ipc.OpenInt64(background, s, fmt.Sprint("number ", i))
		must(t, err)
		must(t, n.Store(background, int64(i)))
	}
	again := openSpace(t, s.Name(), ipc.SpaceConfig{})
	began := time.Now()
	for i := range objects {
		n, err := ipc.OpenInt64(background, again, fmt.Sprint("number ", i))
		must(t, err)
		if v, err := n.Load(background); v != int64(i) || err != nil {
			t.Fatalf("number %d is %d (%v)", i, v, err)
		}
	}
	t.Logf("opening one by its name takes %v", time.Since(began)/objects)
	must(t, again.Check(background))
}

func TestOpen_andCloseAThousandTimesLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	left := func() (int, int, int) {
		runtime.GC()
		fds, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		maps, err := os.ReadFile("/proc/self/maps")
		must(t, err)
		return runtime.NumGoroutine(), len(fds), strings.Count(string(maps), dir)
	}
	goroutines, fds, _ := left()
	for i := range 1000 {
		s, err := ipc.Open(background, filepath.Join(dir, fmt.Sprint(i%10)), ipc.SpaceConfig{})
		must(t, err)
		m, err := ipc.OpenMutex(background, s, "m")
		must(t, err)
		_, err = m.Lock(background)
		must(t, err)
		must(t, s.Close())
	}
	until(t, "all is gone", func() bool {
		g, f, m := left()
		return g <= goroutines && f <= fds && m == 0
	})
}

func TestFamily_isNotInheritedByOtherPrograms(t *testing.T) {
	family(t)
	c := start(t, "attached")
	c.expect("here")
	c.expect("other programs have 0 descriptors of it")
}

func TestSpace_noticesADeathThatNobodyWaitsFor(t *testing.T) {
	c := start(t, "attached")
	c.expect("here")
	c.kill() // the test's process waits for it, but does not tell the space
	until(t, "it is gone from the space", func() bool {
		s, err := family(t).Stats(background)
		must(t, err)
		for _, p := range s.Processes {
			if p.PID == c.cmd.Process.Pid {
				return false
			}
		}
		return true
	})
}

// otherProgram tells how many descriptors of a space a program has that we start.
func otherProgram() (int, error) {
	out, err := exec.Command("ls", "-l", "/proc/self/fd").Output()
	return strings.Count(string(out), "memfd:multiproc"), err
}

func TestHandle_isOfItsOwnSpaceAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "space")
	s, err := ipc.Open(background, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	m, err := ipc.OpenMutex(background, s, "m")
	must(t, err)
	data, err := m.MarshalBinary()
	must(t, err)
	must(t, ipc.Remove(background, path))

	var received ipc.Mutex
	if err := received.UnmarshalBinary(data); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("where its space was removed: %v, want ErrNotFound", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("receiving it has left a file: %v", err)
	}
	other, err := ipc.Open(background, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	must(t, err)
	t.Cleanup(func() { other.Close() })
	_, err = ipc.OpenMutex(background, other, "m")
	must(t, err)
	if err := received.UnmarshalBinary(data); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("where another space has the name: %v, want ErrNotFound", err)
	}
	must(t, s.Close())
	if _, err := m.MarshalBinary(); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("a handle of a closed space is sent: %v, want ErrClosed", err)
	}
}

func TestRemove_sparesWhatIsNoSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter")
	must(t, os.WriteFile(path, []byte("dear reader"), 0o600))
	if err := ipc.Remove(background, path); !errors.Is(err, ipc.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
