package cgroups

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMounts_areThoseWithTheMemoryOfThisProcess(t *testing.T) {
	mountinfo := write(t, "mountinfo", `22 1 0:21 / /proc rw - proc proc rw
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
41 31 0:38 /outer /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`)
	mounts := Mounts(mountinfo)
	if len(mounts) != 2 || mounts[0].Version != 1 || mounts[1].Version != 2 {
		t.Fatalf("%+v", mounts)
	}
	cgroup := write(t, "cgroup", "8:pids:/p\n4:cpu,memory:/a/b\n0::/outer/c:d\n")
	for i, want := range []string{"/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/unified/c:d"} {
		if dir, ok := mounts[i].Own(cgroup); dir != want || !ok {
			t.Errorf("%q, %v; want %q", dir, ok, want)
		}
	}
}

func TestOwn_isTheTopmostInANamespaceAndNothingOutsideOfIt(t *testing.T) {
	m := Mount{Version: 2, Point: "/sys/fs/cgroup", root: "/"}
	for text, want := range map[string]string{
		"0::/\n":          "/sys/fs/cgroup",
		"0::/below\n":     "/sys/fs/cgroup/below",
		"0::/../beside\n": "",
		"4:memory:/x\n":   "",
		"":                "",
	} {
		if dir, ok := m.Own(write(t, "cgroup", text)); dir != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, dir, ok, want)
		}
	}
}
