package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const cannotMount = 99

// A file system of one page, in a mount namespace of its own: the stock fits,
// and nothing besides.
const onFullDisk = `
mount -t tmpfs -o size=4k none "$DIR" && cd "$DIR" && printf '{"count": 3}' >ticket.json || exit 99
"$0" rush -data "$DIR" -buyers 4
status=$?
printf 'stock %s\n' "$(cat ticket.json)"
printf 'files %s\n' "$(echo *)"
exit $status`

func TestRush_fullDiskIsAnErrorAndChangesNothing(t *testing.T) {
	cmd := program(t)
	cmd = &exec.Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", onFullDisk, cmd.Path}, Env: cmd.Env}
	cmd.Env = append(cmd.Env, "DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	r, err := attempt(t, cmd)
	if err != nil || r.code == cannotMount {
		// Some kernels let nobody mount. A limit on the size of files is then as
		// near as one gets: what is written first fails, for another reason.
		t.Logf("no file system of its own: %v", err)
		limited(t)
		return
	}
	if r.code != 1 || !strings.Contains(r.errors, "4 of 4 buyers failed") || !strings.Contains(r.errors, syscall.ENOSPC.Error()) {
		t.Errorf("exit status %d, errors %q", r.code, r.errors)
	}
	if !strings.Contains(r.out, "\nstock {\"count\": 3}\nfiles ticket.json\n") {
		t.Error("the stock or its directory has changed")
	}
}

func limited(t *testing.T) {
	t.Helper()
	dir := shop(t, `{"count": 3}`)
	cmd := program(t)
	cmd = &exec.Cmd{
		Path: "/bin/sh",
		Args: []string{"sh", "-c", `ulimit -f 0 && exec "$0" rush -data "$1" -buyers 4`, cmd.Path, dir},
		Env:  cmd.Env,
	}
	r := complete(t, cmd)
	if r.code != 1 || !strings.Contains(r.errors, syscall.EFBIG.Error()) {
		t.Errorf("exit status %d, errors %q", r.code, r.errors)
	}
	if got := text(t, dir); got != `{"count": 3}` {
		t.Errorf("the stock became %q", got)
	}
}
