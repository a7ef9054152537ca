// Package early is what a child process does before any user code runs in it,
// package initialization included: it takes the variable that marks it out of
// the environment, and waits for its parent's word to go on. A guard process
// (see guard_linux.go) never gets any further.
//
// Go initializes packages as soon as what they import is initialized, and of
// several that are ready the one whose path sorts first. This package imports
// syscall alone, so that it is ready long before package os is, and with it
// every package that could start a program or look at the environment through
// os. Keep it so: one more import, and user code runs first.
package early

// Variable is the environment variable that marks a child. Its value is
// role:parent:files:name, where role is one of those below, parent the process
// ID of the parent, and files the number of inherited descriptors from Socket
// on.
const Variable = "MULTIPROC_CHILD"

// Roles of a process that another one of this program has started.
const (
	Child  = 'c' // runs a function
	Daemon = 'd' // runs a function, and dies with its parent
	Guard  = 'g' // ends the groups of its parent's daemons when the parent cannot
)

// Descriptors that a child inherits. Files given to it come behind Crash.
const (
	Socket = 3 // its end of the connection to the parent: its life line
	Crash  = 4 // where the Go runtime writes why it crashed
	Files  = 5
)

// Birth is what a child is told by its environment.
type Birth struct {
	Role   byte
	Parent int // process ID
	Name   string
}

// Born is set in a child, and only there.
var Born *Birth

// Mark is the variable's value for b with files descriptors from Socket on.
func Mark(b Birth, files int) string {
	return string(b.Role) + ":" + itoa(b.Parent) + ":" + itoa(files) + ":" + b.Name
}

// parse reads what Mark wrote.
func parse(mark string) (b Birth, files int, ok bool) {
	role, rest, ok := cut(mark)
	if !ok || len(role) != 1 {
		return b, 0, false
	}
	parent, rest, ok := cut(rest)
	if !ok {
		return b, 0, false
	}
	count, name, ok := cut(rest)
	if !ok {
		return b, 0, false
	}
	b = Birth{Role: role[0], Parent: atoi(parent), Name: name}
	return b, atoi(count), b.Parent > 0 && (b.Role == Child || b.Role == Daemon || b.Role == Guard)
}

// cut is strings.Cut at a colon, without the import.
func cut(s string) (before, after string, ok bool) {
	for i := range len(s) {
		if s[i] == ':' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// itoa is strconv.Itoa for n >= 0, without the import.
func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// atoi is strconv.Atoi for what itoa wrote; anything else is 0.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1<<58 {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
