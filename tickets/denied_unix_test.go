//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The superuser may do anything, so that it runs the program as somebody else.
func TestRush_directoryWithoutPermission(t *testing.T) {
	const stock = `{"count": 3}`
	for name, mode := range map[string]os.FileMode{"no writing": 0o555, "no entering": 0o444} {
		dir := shop(t, stock)
		open(t, dir)
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		cmd := program(t, "rush", "-data", dir)
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			open(t, filepath.Dir(cmd.Path))
			if err := os.Chown(filepath.Dir(locks(t, cmd)), 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
		r := complete(t, cmd)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if r.code != 1 || !strings.Contains(r.errors, dir) || !strings.Contains(r.errors, "permission denied") {
			t.Errorf("%s: exit status %d, errors %q", name, r.code, r.errors)
		}
		if strings.Contains(r.out, "sees") {
			t.Errorf("%s: buyers came though nothing could be sold", name)
		}
		if got := text(t, dir); got != stock {
			t.Errorf("%s: the stock became %q", name, got)
		}
	}
}

// open lets everybody come to dir.
func open(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir() && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || info.Mode()&0o005 != 0o005 {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}
