package arena

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/multiproc-go/multiproc/internal/cgroups"
)

// tree makes files below a fresh directory.
func tree(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

// One sixteenth of the limit is for the processes, the cached files do not count.
func TestGroupRoom_isThatOfTheNarrowestGroup(t *testing.T) {
	const limit, used, cached = 1_600_000, 900_000, 50_000
	const room = limit - limit/16 - used + cached
	for name, c := range map[string]struct {
		version int
		files   map[string]string
	}{
		"limited above": {2, map[string]string{
			"a/memory.max": "1600000\n", "a/memory.current": "900000\n",
			"a/memory.stat":  "anon 1\ninactive_file 20000\nactive_file 30000\n",
			"a/b/memory.max": "max\n", "a/b/memory.current": "900000\n",
		}},
		"limited itself": {2, map[string]string{
			"a/b/memory.max": "1600000\n", "a/b/memory.current": "900000\n",
			"a/b/memory.stat": "active_file 50000\n",
		}},
		"limited at the top, as in a container": {2, map[string]string{
			"memory.max": "1600000\n", "memory.current": "900000\n",
			"memory.stat": "inactive_file 50000\n",
		}},
		"of version 1": {1, map[string]string{
			"a/memory.limit_in_bytes": "1600000\n", "a/memory.usage_in_bytes": "900000\n",
			"a/memory.stat":             "inactive_file 7\ntotal_inactive_file 20000\ntotal_active_file 30000\n",
			"a/b/memory.limit_in_bytes": "9223372036854771712\n", "a/b/memory.usage_in_bytes": "5\n",
		}},
	} {
		root := tree(t, c.files)
		m, own := cgroups.Mount{Version: c.version, Point: root}, filepath.Join(root, "a", "b")
		if err := groupRoom(m, own, room); err != nil {
			t.Errorf("%s: what fits is refused: %v", name, err)
		}
		if err := groupRoom(m, own, room+1); !errors.Is(err, ErrCgroupFull) {
			t.Errorf("%s: what does not fit: %v", name, err)
		}
	}
}

func TestMachineRoom_isWhatIsAvailable(t *testing.T) {
	root := tree(t, map[string]string{
		"meminfo": "MemTotal:     1600 kB\nMemFree:   50 kB\nMemAvailable:    500 kB\nSwapFree:     100 kB\n",
		"other":   "nothing we know\n",
	})
	if err := machineRoom(filepath.Join(root, "meminfo"), 500<<10); err != nil {
		t.Errorf("what fits is refused: %v", err)
	}
	if err := machineRoom(filepath.Join(root, "meminfo"), 500<<10+1); !errors.Is(err, ErrSystemFull) {
		t.Errorf("what does not fit: %v", err)
	}
	if err := machineRoom(filepath.Join(root, "other"), 1<<50); err != nil {
		t.Errorf("where nothing is known: %v", err)
	}
}

// On a machine that is the test's own (.ci/vm says so) it takes all the memory there
// is. Elsewhere it asks for more than there is, all at once, and gets nothing.
func TestReserve_onAFullMachineSaysSo(t *testing.T) {
	size := sum("/proc/meminfo", "MemTotal: SwapTotal:") << 10 &^ (2<<20 - 1)
	step := size
	if os.Getenv("MULTIPROC_TEST_MACHINE") == "own" {
		step = 2 << 20
	}
	a, err := Memory(size)
	must(t, err)
	defer a.Close()
	taken := uint64(0)
	for err = a.Reserve(0, step); err == nil && taken < size-step; err = a.Reserve(taken, step) {
		a.Store(taken, 1)
		taken += step
	}
	if !errors.Is(err, ErrSystemFull) {
		t.Errorf("%d of %d bytes, then %v; want ErrSystemFull", taken, size, err)
	}
	t.Logf("%d of %d MiB", taken>>20, size>>20)
	must(t, a.Punch(0, size))
	must(t, a.Reserve(0, 2<<20))
}
