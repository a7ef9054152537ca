// Package driver is the seam between package ipc and a kind of space: what a
// space has to do, and nothing of how. Package shm is the kind for one machine.
//
// The promises are those of package ipc; internal/conformance tests them.
package driver

import (
	"context"
	"time"
)

// A Space is where shared objects live.
type Space interface {
	Name() string // "" for the family's

	// Identity tells this space from all others, also from one that has its name
	// after it. ErrClosed after Close.
	Identity() (uint64, error)

	Close() error
	Delete(ctx context.Context, name string) error
	Stats(ctx context.Context) (Stats, error)
	Check(ctx context.Context) error

	OpenMutex(ctx context.Context, which Which) (Mutex, error)
	OpenEvent(ctx context.Context, which Which) (Event, error)
	OpenInt64(ctx context.Context, which Which) (Int64, error)
	OpenArray(ctx context.Context, which Which, elements Elements) (Array, error)
}

// Which says which object to open: the one called Name, which is made where it is
// missing, or, with an ID, that one and no other.
type Which struct {
	Name string
	ID   uint64
}

// An Object is one of a space's objects.
type Object interface {
	Name() string
	ID() uint64 // no other object of the space ever has it
}

// A Mutex is a lock that one goroutine of all processes holds.
type Mutex interface {
	Object
	Unlocker
	Lock(ctx context.Context) (Holding, error)
	TryLock() (Holding, error)
	Holder(ctx context.Context) (pid int, since time.Time, err error)
}

// An Unlocker ends holdings of a lock.
type Unlocker interface {
	Unlock(Holding) error
}

// A Holding is one holding of a lock. It has two words, so that a Guard has four
// and the compiler keeps it in registers.
type Holding struct {
	Word  uint64 // the driver's own
	count uint64 // token, and in bit 63 whether it is abandoned
}

const abandonedBit = 1 << 63

// NewHolding returns a holding with that token, which has less than 64 bits.
func NewHolding(word, token uint64, abandoned bool) Holding {
	if abandoned {
		token |= abandonedBit
	}
	return Holding{word, token}
}

// Token is greater with every holding of the lock.
func (h Holding) Token() uint64 { return h.count &^ abandonedBit }

// Abandoned says that an earlier holder died.
func (h Holding) Abandoned() bool { return h.count&abandonedBit != 0 }

// An Event is a flag to wait for.
type Event interface {
	Object
	Set(ctx context.Context) error
	Clear(ctx context.Context) error
	IsSet(ctx context.Context) (bool, error)
	Wait(ctx context.Context) error
}

// An Int64 is a shared integer.
type Int64 interface {
	Object
	Load(ctx context.Context) (int64, error)
	Store(ctx context.Context, v int64) error
	Add(ctx context.Context, delta int64) (int64, error)
	CompareAndSwap(ctx context.Context, old, new int64) (bool, error)
}

// Elements say what an array is of.
type Elements struct {
	Type  [2]uint64 // fingerprint of the element type
	Size  uint64    // of one, in bytes
	Count uint64    // 0: as many as the array has that is there
}

// An Array is memory that processes share, with a lock.
type Array interface {
	Object
	Mutex() Mutex

	// Memory is the memory itself, which is good until the process ends; nil where the
	// space was closed before the first call.
	Memory() []byte
}

// Stats pictures a space.
type Stats struct {
	Used, Max int64
	Processes []ProcessStat
	Objects   []ObjectStat
}

// ProcessStat pictures one process in a space.
type ProcessStat struct {
	PID   int
	Name  string
	Holds []string
	Waits []string
}

// ObjectStat pictures one object of a space.
type ObjectStat struct {
	Name    string
	Kind    string
	Type    string
	Holder  int
	Held    time.Duration
	Waiters int
	Len     int
	Cap     int
	Bytes   int64
}
