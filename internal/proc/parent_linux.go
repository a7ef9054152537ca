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
func (p *Parent) Ready() {
	_, _ = p.LifeLine.Write([]byte{1}) // an error means that the parent has ended
}

// SaveCrashes has the Go runtime write why it crashes to where the parent looks.
func SaveCrashes() error {
	f := os.NewFile(early.Crash, "crash report")
	defer f.Close() // the runtime has a duplicate
	return debug.SetCrashOutput(f, debug.CrashOptions{})
}

// InheritedFiles are the files given to this process as Command.Files, in that
// order.
func InheritedFiles(names []string) map[string]*os.File {
	files := make(map[string]*os.File, len(names))
	for i, name := range names {
		files[name] = os.NewFile(uintptr(early.Files+i), name)
	}
	return files
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
