package multiproc

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Info describes a process of this program.
type Info struct {
	PID    int
	Parent int    // process ID of the parent
	Name   string // by WithName, else the function's with a number; the program's in the first process
	Func   string // empty in the first process
	Daemon bool
	Since  time.Time
}

// self is what Self returns. A child sets it before its function runs.
var self = Info{
	PID:    os.Getpid(),
	Parent: os.Getppid(),
	Name:   filepath.Base(programName()),
	Since:  time.Now(),
}

func programName() string {
	if len(os.Args) == 0 {
		return "unknown"
	}
	return os.Args[0]
}

// Self describes this process.
func Self() Info { return self }

// Children describes the living children of this process, the oldest first.
func Children() []Info {
	var infos []Info
	for _, c := range children.living() {
		infos = append(infos, c.info)
	}
	return infos
}

// children are those of this process that have not ended.
var children family

type family struct {
	mu  sync.Mutex
	set map[*child]struct{}
}

func (f *family) add(c *child) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set == nil {
		f.set = make(map[*child]struct{})
	}
	f.set[c] = struct{}{}
}

func (f *family) remove(c *child) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.set, c)
}

func (f *family) living() []*child {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*child, 0, len(f.set))
	for c := range f.set {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *child) int { return a.info.Since.Compare(b.info.Since) })
	return all
}
