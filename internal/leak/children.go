package leak

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// children lists the processes whose parent is this one, zombies included, by
// process ID and start time. It reads every process's state: the kernel's own
// list of children promises nothing while they come and go.
func (s *scope) children() map[string]string {
	found := map[string]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		child, ok := parseStat(string(text))
		if !ok || child.parent != os.Getpid() {
			continue
		}
		cmdline := commandLine(child.pid)
		if s.ignoresChild(child.pid, cmdline) {
			continue
		}
		key := fmt.Sprintf("child %d %s", child.pid, child.since)
		found[key] = fmt.Sprintf("child process %d (%s, state %s): %s", child.pid, child.name, child.state, cmdline)
	}
	return found
}

// stat is what a line of /proc/PID/stat tells.
type stat struct {
	pid, parent        int
	name, state, since string
}

// parseStat reads "PID (NAME) STATE PPID ... STARTTIME ...", where NAME may hold
// spaces and parentheses of its own, and the start time is the 22nd field.
func parseStat(line string) (stat, bool) {
	open, end := strings.Index(line, " ("), strings.LastIndex(line, ") ")
	if open < 0 || end < open {
		return stat{}, false
	}
	fields := strings.Fields(line[end+2:]) // from the third on
	if len(fields) < 20 {
		return stat{}, false
	}
	pid, err := strconv.Atoi(line[:open])
	if err != nil {
		return stat{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	return stat{pid: pid, parent: parent, name: line[open+2 : end], state: fields[0], since: fields[19]}, err == nil
}

func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.ReplaceAll(strings.TrimRight(string(text), "\x00"), "\x00", " ")
}

func (s *scope) ignoresChild(pid int, cmdline string) bool {
	for _, ignore := range s.child {
		if ignore(pid, cmdline) {
			return true
		}
	}
	return false
}
