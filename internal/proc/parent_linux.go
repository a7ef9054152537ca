package proc

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc/internal/proc/early"
)

// A Parent is the other side of this process's life line, seen from a child.
type Parent struct {
	PID      int
	Name     string // that this process was given
	Daemon   bool
	LifeLine *os.File
}

// IsChild tells whether Start has started this process.
func IsChild() bool { return early.Born != nil }

// Born returns the parent in a process that Start has started, else nil.
func Born() *Parent {
	if early.Born == nil {
		return nil
	}
	_ = unix.SetNonblock(early.Socket, true) // so that waiting for it takes no thread
	return &Parent{
		PID:      early.Born.Parent,
		Name:     early.Born.Name,
		Daemon:   early.Born.Role == early.Daemon,
		LifeLine: os.NewFile(early.Socket, "life line"),
	}
}

// Ready tells the parent that this process listens to SIGTERM.
func (p *Parent) Ready() { p.say(wordReady) }

// Taken tells the parent that this process has decoded its input.
func (p *Parent) Taken() { p.say(wordTaken) }

// Answer sends the parent what became of the function.
func (p *Parent) Answer(m Message) {
	p.say(wordAnswer)
	_ = m.Write(p.LifeLine)
}

// say sends a word. An error means that the parent has ended, and nobody is
// there to be told.
func (p *Parent) say(word byte) { _, _ = p.LifeLine.Write([]byte{word}) }

// SaveCrashes has the Go runtime write why it crashes to where the parent looks.
func SaveCrashes() error {
	f := os.NewFile(early.Crash, "crash report")
	defer f.Close() // the runtime has a duplicate
	return debug.SetCrashOutput(f, debug.CrashOptions{})
}

// InheritedFile is the i'th of Command.Files.
func InheritedFile(i int, name string) *os.File {
	return os.NewFile(uintptr(early.Files+i), name)
}

// SurvivePipes makes a write to a closed standard output or error an error, as it
// is for other descriptors, not the death of the process: the parent that read it
// may end first. Programs that this process starts are not affected, as they
// would be had the signal been ignored.
func SurvivePipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// DieWithParent ends this process's group when the parent's end of the life line
// is closed. The kernel and the parent's guard do the same, and where they are
// gone this is left.
func (p *Parent) DieWithParent() {
	var b [1]byte
	for {
		if n, err := p.LifeLine.Read(b[:]); n == 0 || err != nil {
			syscall.Kill(-os.Getpid(), syscall.SIGKILL)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}
}

// PeakMemory is the most resident memory, in bytes, that this process has had by
// itself: what the parent learns of it from the kernel includes the parent's own
// peak, since the two shared their memory until the exec.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return statusField(status, "VmHWM:")
}
