package leak

import "time"

// An Option narrows or widens what is looked at.
type Option func(*scope)

// scope is what a Snapshot looks at.
type scope struct {
	within      time.Duration
	functions   []string
	descriptor  []func(fd int, target string) bool
	child       []func(pid int, cmdline string) bool
	directories []pattern
}

// IgnoreFunction leaves out goroutines that have a function in their stack, or
// were created by one, whose full name ("net/http.(*Server).Serve") is name.
func IgnoreFunction(name string) Option {
	return func(s *scope) { s.functions = append(s.functions, name) }
}

// IgnoreDescriptor leaves out the descriptors for which ignore is true; target
// is what the descriptor's link in /proc says ("pipe:[4711]", "/tmp/x").
func IgnoreDescriptor(ignore func(fd int, target string) bool) Option {
	return func(s *scope) { s.descriptor = append(s.descriptor, ignore) }
}

// IgnoreChild leaves out the child processes for which ignore is true; cmdline
// has the arguments with a space between them, and is empty for a zombie.
func IgnoreChild(ignore func(pid int, cmdline string) bool) Option {
	return func(s *scope) { s.child = append(s.child, ignore) }
}

// Files adds the entries of dir whose names match pattern, as filepath.Match
// has it, to what is looked at. In a directory that others use too, such as
// os.TempDir(), the pattern must match nothing of theirs.
func Files(dir, glob string) Option {
	return func(s *scope) { s.directories = append(s.directories, pattern{dir, glob}) }
}

// Within sets how long Check waits before it fails; the default is HangBound.
func Within(d time.Duration) Option {
	return func(s *scope) { s.within = d }
}
