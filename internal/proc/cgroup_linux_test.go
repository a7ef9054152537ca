package proc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOwnCgroup_isFoundWhereverItIsMounted(t *testing.T) {
	dir := t.TempDir()
	const mountLine = "35 24 0:30 %ROOT %POINT rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
	for name, test := range map[string]struct{ cgroup, root, point, want, wantErr string }{
		"systemd":   {"0::/user.slice/a.scope\n", "/", "/sys/fs/cgroup", "/sys/fs/cgroup/user.slice/a.scope", ""},
		"hybrid":    {"4:memory:/x\n0::/system.slice/b\n", "/", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/system.slice/b", ""},
		"bind":      {"0::/outer/inner\n", "/outer", "/mnt", "/mnt/inner", ""},
		"namespace": {"0::/\n", "/", "/sys/fs/cgroup", "", "topmost"},
		"outside":   {"0::/../elsewhere\n", "/", "/sys/fs/cgroup", "", "no cgroup"},
		"version 1": {"4:memory:/x\n", "/", "/sys/fs/cgroup", "", "no cgroup"},
	} {
		mount := strings.NewReplacer("%ROOT", test.root, "%POINT", test.point).Replace(mountLine)
		got, err := ownCgroup(write(t, filepath.Join(dir, "cgroup"), test.cgroup), write(t, filepath.Join(dir, "mountinfo"), "1 1 0:1 / / rw - ext4 x rw\n"+mount))
		if got != test.want || (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
			t.Errorf("%s: got %q, %v; want %q, %q", name, got, err, test.want, test.wantErr)
		}
	}
}

func TestCgroup_countsAnonymousMemoryAndSwapAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "memory.stat"), "anon 4096\nfile 1000000\nshmem 2000000\ninactive_anon 7\n")
	write(t, filepath.Join(dir, "memory.swap.current"), "8192\n")
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	g := &cgroup{d}
	defer d.Close()
	if got := g.memory(); got != 4096+8192 {
		t.Errorf("got %d, want 12288", got)
	}
}

func TestNewCgroup_refusesAPlaceWithoutTheMemoryController(t *testing.T) {
	dir := t.TempDir()
	g, err := newCgroupIn(dir)
	if err == nil || !strings.Contains(err.Error(), "has no memory.stat") {
		t.Errorf("got %v, %v", g, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
