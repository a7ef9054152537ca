package leak

import (
	"fmt"
	"path/filepath"
)

// pattern names entries of one directory.
type pattern struct{ dir, glob string }

// files lists the entries that the patterns of Files name. It looks no deeper:
// a directory left behind is one thing.
func (s *scope) files() map[string]string {
	found := map[string]string{}
	for _, p := range s.directories {
		paths, err := filepath.Glob(filepath.Join(p.dir, p.glob))
		if err != nil {
			panic(fmt.Sprintf("leak: files %q in %q: %v", p.glob, p.dir, err))
		}
		for _, path := range paths {
			found["file "+path] = "file " + path
		}
	}
	return found
}
