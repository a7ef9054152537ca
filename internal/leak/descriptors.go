package leak

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

const ownDescriptors = "/proc/self/fd"

// descriptors lists the open descriptors by number and target: the same number
// open on something else is another one.
func (s *scope) descriptors() map[string]string {
	found := map[string]string{}
	entries, _ := os.ReadDir(ownDescriptors) // no /proc, no descriptors
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(ownDescriptors, entry.Name()))
		fd, _ := strconv.Atoi(entry.Name())
		if err != nil || s.ignoresDescriptor(fd, target) { // the error is that of ReadDir's own, closed by now
			continue
		}
		text := fmt.Sprintf("descriptor %d: %s", fd, target)
		found[text] = text
	}
	return found
}

func (s *scope) ignoresDescriptor(fd int, target string) bool {
	for _, ignore := range s.descriptor {
		if ignore(fd, target) {
			return true
		}
	}
	return false
}
