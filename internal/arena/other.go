//go:build !linux

package arena

import (
	"errors"
	"os"
	"runtime"
	"time"
)

// What a space needs of the kernel is there on Linux only.
func unsupported() error { return errors.ErrUnsupported }

func Memory(uint64) (*Arena, error)          { return nil, unsupported() }
func Unnamed(string, uint64) (*Arena, error) { return nil, unsupported() }
func Open(string) (*Arena, error)            { return nil, unsupported() }
func FromFile(*os.File) (*Arena, error)      { return nil, unsupported() }
func CheckDir(string) error                  { return unsupported() }

func BootID() ([2]uint64, error)           { return [2]uint64{}, unsupported() }
func DefaultSize() uint64                  { return 1 << 30 }
func StartTime(int) uint64                 { return 0 }
func YieldProcessor()                      { runtime.Gosched() }
func (a *Arena) Link(string) error         { return unsupported() }
func (a *Arena) Reopen() (*Opening, error) { return nil, unsupported() }

// An Opening is another opening of an arena's file.
type Opening struct{ *os.File }

func (*Opening) TryLock(int) (bool, error) { return false, unsupported() }
func (*Opening) Unlock(int) error          { return unsupported() }

// A Watch tells when a process ends.
type Watch struct{}

func WatchProcess(int) (*Watch, error) { return nil, unsupported() }
func (*Watch) Wait(time.Time) bool     { return false }
func (*Watch) Close() error            { return nil }
