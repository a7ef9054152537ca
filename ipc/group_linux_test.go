package ipc_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/internal/cgroups"
	"github.com/multiproc-go/multiproc/ipc"
)

// groupLimit is so much that the part of it that a space leaves to the processes is
// enough for what one of them needs while it goes on, under the race detector too.
const groupLimit = 256 << 20

// limitFiles limit a group's memory, in each version.
var limitFiles = map[int]string{1: "memory.limit_in_bytes", 2: "memory.max"}

// A memoryGroup is a control group that holds groupLimit bytes, and one below it that
// has no limit of its own.
type memoryGroup struct {
	dir     string
	below   string
	own     string // the group of this process
	version int
}

// newGroup makes a group, where this process may: of version 1 below its own, of
// version 2 beside it, since those with processes in them have none below.
func newGroup(t *testing.T) (g memoryGroup, ok bool) {
	t.Helper()
	for _, m := range cgroups.Mounts("/proc/self/mountinfo") {
		own, in := m.Own("/proc/self/cgroup")
		above := own
		if m.Version == 2 {
			above, in = filepath.Dir(own), in && own != m.Point
		}
		dir := filepath.Join(above, fmt.Sprintf("multiproc-test-%d", os.Getpid()))
		g := memoryGroup{dir, filepath.Join(dir, "below"), own, m.Version}
		if !in || os.Mkdir(dir, 0o700) != nil {
			continue
		}
		t.Cleanup(func() { must(t, os.Remove(dir)) })
		if os.WriteFile(filepath.Join(dir, limitFiles[m.Version]), []byte(strconv.Itoa(groupLimit)), 0) == nil {
			must(t, os.Mkdir(g.below, 0o700))
			t.Cleanup(func() { must(t, os.Remove(g.below)) })
			return g, true
		}
	}
	return memoryGroup{}, false
}

// move moves a child to the group in dir.
func move(t *testing.T, c *child, dir string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(c.cmd.Process.Pid)), 0))
}

// A process in a group whose memory is limited makes objects until there is no
// more room. The kernel would kill it at the first byte too many.
//
// Where no group can be made, its space alone is small.
func TestOpenMutex_inAFullMemoryGroupSaysSo(t *testing.T) {
	g, limited := newGroup(t)
	if os.Getenv("MULTIPROC_TEST_WAY") == "cgroup" && g.version != 2 {
		t.Errorf("no cgroup of version 2 can be made here, but of version %d", g.version)
	}
	c := startAlone(t, "filler", "GOGC=20")
	c.expect("here")
	if limited {
		t.Logf("limited by a cgroup of version %d", g.version)
		move(t, c, g.below)
		c.tell("family")
	} else {
		t.Log("no cgroup can be made here: a small space is filled instead")
		c.tell("%s", filepath.Join(t.TempDir(), "small"))
	}
	c.expect("full")
	if limited {
		c.expect("because of the group: true")
	} else {
		c.expect("because of the group: false")
	}
	c.expect("it goes on")
	if limited {
		move(t, c, g.own)
	}
	c.tell("check it")
	c.expect("it is whole")
	c.in.Close()
	must(t, c.wait())
}

// filler fills a space of its own, and goes on to use it.
func filler(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	say("here")
	s, err := ipc.Family()
	if path := hear(); path != "family" {
		s, err = ipc.Open(background, path, ipc.SpaceConfig{MaxBytes: 1 << 20})
	}
	if err != nil {
		return err
	}
	if s.Name() == "" {
		if err := fillWithArrays(s); err != nil {
			return err
		}
	}
	names, err := fill(s)
	if !errors.Is(err, ipc.ErrNoSpace) {
		return fmt.Errorf("%d objects, then %w", len(names), err)
	}
	say("full")
	say("because of the group: %v", strings.Contains(err.Error(), "control group"))
	if err := goesOn(s, names); err != nil {
		return err
	}
	say("it goes on")
	hear() // the test has let this process out of the group, which has no room for what Check notes
	if err := s.Check(background); err != nil {
		return err
	}
	say("it is whole")
	hear()
	return nil
}

// fillWithArrays makes arrays until there can be no more, and leaves room for a few
// thousand objects.
func fillWithArrays(s *ipc.Space) error {
	const size = 8 << 20
	for i := 0; ; i++ {
		_, err := ipc.OpenArray[byte](background, s, fmt.Sprint("array ", i), size)
		switch {
		case err == nil:
			continue
		case !errors.Is(err, ipc.ErrNoSpace) || i == 0:
			return fmt.Errorf("%d arrays, then %w", i, err)
		}
		return s.Delete(background, fmt.Sprint("array ", i-1))
	}
}

func init() { roles["filler"] = filler }
