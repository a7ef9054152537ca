//go:build !linux

package proc

import (
	"io"
	"os"
	"syscall"
	"time"
)

// On other systems nothing can be started; what is here lets programs compile
// and run their first process.

type Child struct {
	PID      int
	LifeLine *os.File
}

func Start(Command) (*Child, error)          { return nil, ErrUnsupported }
func (c *Child) Release() error              { return ErrUnsupported }
func (c *Child) Wait() Status                { return Status{} }
func (c *Child) Signal(syscall.Signal) error { return ErrUnsupported }
func (c *Child) Kill()                       {}
func (c *Child) KillAll()                    {}
func (c *Child) CPUTime() time.Duration      { return 0 }
func (c *Child) Memory() int64               { return 0 }
func LimitOwnMemory(int64)                   {}
func (c *Child) Terminate()                  {}
func (c *Child) Gone() <-chan struct{}       { return nil }
func (c *Child) Ready() <-chan struct{}      { return nil }
func (c *Child) Taken() <-chan struct{}      { return nil }
func (c *Child) Answer() (Message, error)    { return Message{}, ErrUnsupported }
func (c *Child) Doom()                       {}
func (c *Child) HangUp()                     {}
func (c *Child) CrashReport(int) string      { return "" }
func (c *Child) Close()                      {}

type Capture struct{ Child *os.File }

func NewCapture(io.Writer) (*Capture, error) { return nil, ErrUnsupported }
func (c *Capture) Run()                      {}
func (c *Capture) Finish() error             { return ErrUnsupported }
func (c *Capture) Abandon()                  {}

func Duplicate(*os.File) (*os.File, error) { return nil, ErrUnsupported }

type Parent struct {
	PID      int
	Name     string
	Daemon   bool
	LifeLine *os.File
}

func (p *Parent) Terminations() <-chan os.Signal { return nil }
func (p *Parent) Ready()                         {}
func (p *Parent) Taken()                         {}
func (p *Parent) Answer(Message)                 {}
func IsChild() bool                              { return false }
func Born() *Parent                              { return nil }
func SaveCrashes() error                         { return ErrUnsupported }
func InheritedFile(int, string) *os.File         { return nil }
func SurvivePipes()                              {}
func (p *Parent) DieWithParent()                 {}
func PeakMemory() int64                          { return 0 }
