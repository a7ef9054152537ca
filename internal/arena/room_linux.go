package arena

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/internal/cgroups"
)

// memoryRoom returns an error if n more bytes of memory would be too many for a
// control group that this process is in, or for the machine. The kernel does not
// refuse them: it kills, the one who asked or another.
//
// What could be swapped out of a group is not counted as room: a space that is in
// use would come back at once.
func memoryRoom(n uint64) error {
	for _, m := range hierarchies() {
		if dir, ok := m.Own("/proc/self/cgroup"); ok {
			if err := groupRoom(m, dir, n); err != nil {
				return err
			}
		}
	}
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err == nil {
		total, free := uint64(machine.Totalram), uint64(machine.Freeram) //nolint:unconvert // they have 32 bits elsewhere
		if unit := uint64(machine.Unit); n+reserve(total*unit) <= free*unit {
			return nil // meminfo takes half a millisecond
		}
	}
	return machineRoom("/proc/meminfo", n)
}

var hierarchies = sync.OnceValue(func() []cgroups.Mount { return cgroups.Mounts("/proc/self/mountinfo") })

// reserve is what is left of a limit for the processes themselves, who are killed if
// they cannot have their next page.
func reserve(limit uint64) uint64 { return min(limit/16, 64<<20) }

// groupFiles tell of a group, in each version: its limit, what it uses, and lines
// of memory.stat with the cached file pages in it, which the kernel would drop first.
var groupFiles = map[int]struct{ limit, used, cached string }{
	1: {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file total_active_file"},
	2: {"memory.max", "memory.current", "inactive_file active_file"},
}

// groupRoom looks at the group in dir and at all above, the topmost included: in a
// container that is one with a limit.
func groupRoom(m cgroups.Mount, dir string, n uint64) error {
	files := groupFiles[m.Version]
	for ; ; dir = filepath.Dir(dir) {
		limit, limited := readNumber(dir, files.limit)
		if limited && limit < noLimit {
			used, ok := readNumber(dir, files.used)
			over := ok && used+n+reserve(limit) > limit // or memory.stat, which is slow to read, need not be
			if over && used+n+reserve(limit) > limit+sum(filepath.Join(dir, "memory.stat"), files.cached) {
				return ErrCgroupFull
			}
		}
		if len(dir) <= len(m.Point) {
			return nil
		}
	}
}

// noLimit is less than what version 1 has for none, and more than any machine has.
const noLimit = 1 << 62

// machineRoom goes by a meminfo file, as proc(5) has it.
func machineRoom(meminfo string, n uint64) error {
	total := sum(meminfo, "MemTotal:") << 10
	if total > 0 && n+reserve(total) > sum(meminfo, "MemAvailable: SwapFree:")<<10 {
		return ErrSystemFull
	}
	return nil
}

func readNumber(dir, name string) (uint64, bool) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0, false
	}
	v, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
	return v, err == nil // "max" is no limit
}

// sum adds the numbers in the lines of file that begin with one of the names.
func sum(file, names string) (sum uint64) {
	text, _ := os.ReadFile(file)
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte(" "))
		value, _, _ = bytes.Cut(bytes.TrimSpace(value), []byte(" ")) // the unit
		for want := range bytes.FieldsSeq([]byte(names)) {
			if bytes.Equal(name, want) {
				v, _ := strconv.ParseUint(string(value), 10, 64)
				sum += v
			}
		}
	}
	return sum
}
