// Package cgroups finds the control groups of this process that may have a say in
// how much memory it gets.
package cgroups

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Mount is where the file system shows a hierarchy of groups: that of version 2,
// or that of version 1 for memory.
type Mount struct {
	Version int
	Point   string // directory of the topmost group that is seen here
	root    string // that group's path
}

// Mounts reads a mountinfo file, as proc(5) has it; none where it cannot be read.
func Mounts(mountinfo string) (mounts []Mount) {
	text, _ := os.ReadFile(mountinfo)
	for line := range strings.Lines(string(text)) {
		// ID parent device root mount-point options... - type source options
		before, after, _ := strings.Cut(line, " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(kind) < 3 {
			continue
		}
		m := Mount{Point: place[4], root: place[3]}
		switch {
		case kind[0] == "cgroup2":
			m.Version = 2
		case kind[0] == "cgroup" && listed(kind[2], "memory"):
			m.Version = 1
		default:
			continue
		}
		mounts = append(mounts, m)
	}
	return mounts
}

func listed(commas, word string) bool { return slices.Contains(strings.Split(commas, ","), word) }

// Own is the directory of the group that this process is in, by a cgroup file as
// cgroups(7) has it; false where the mount does not show that group.
func (m Mount) Own(cgroupFile string) (dir string, ok bool) {
	text, _ := os.ReadFile(cgroupFile)
	for line := range strings.Lines(string(text)) {
		// hierarchy:controllers:path
		number, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		if m.Version == 2 && number != "0" || m.Version == 1 && !listed(controllers, "memory") {
			continue
		}
		below, err := filepath.Rel(m.root, path)
		if err != nil || strings.HasPrefix(below, "..") || strings.HasPrefix(path, "/..") {
			return "", false
		}
		return filepath.Join(m.Point, below), true
	}
	return "", false
}
