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
	OpenCond(ctx context.Context, which Which) (Cond, error)
	OpenValue(ctx context.Context, which Which, of Type) (Value, error)
	OpenRWMutex(ctx context.Context, which Which) (RWMutex, error)
	OpenBarrier(ctx context.Context, which Which, parties int) (Barrier, error)
	OpenOnce(ctx context.Context, which Which) (Once, error)
	OpenSemaphore(ctx context.Context, which Which, permits int) (Semaphore, error) // permits 0: as many as it has
	OpenArray(ctx context.Context, which Which, elements Elements) (Array, error)
	OpenQueue(ctx context.Context, which Which, of Type, cfg QueueConfig) (Queue, error)
	Pipes
	OpenService(ctx context.Context, which Which, of Type) (Service, error)
	OpenDict(ctx context.Context, which Which, of Type) (Dict, error) // of is a type for keys and values both
}

// Which says which object to open: the one called Name, which is made where it is
// missing, or, with an ID, that one and no other.
type Which struct {
	Name string
	ID   uint64
}

// A Type is the type of an object's elements: two with the same fingerprint
// understand each other's encodings.
type Type struct {
	Name        string // for people
	Fingerprint [16]byte
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

// An RWMutex is a lock that one goroutine of all processes holds as its writer, or
// any number of them as its readers.
type RWMutex interface {
	Object
	Unlocker // of writers
	Lock(ctx context.Context) (Holding, error)
	TryLock() (Holding, error)
	RLock(ctx context.Context) (Unlocker, Holding, error)
	TryRLock() (Unlocker, Holding, error)
}

// A Locker is what a Cond gives up and takes again: a lock whose holdings are
// exclusive. What ends the holdings of readers has no Lock.
type Locker interface {
	Unlocker
	Lock(ctx context.Context) (Holding, error)
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

// A Cond is a condition to wait for.
type Cond interface {
	Object

	// Wait gives lock up from the holding h and returns the one that is held then:
	// h where it did not begin to wait, and none where lock could not be taken again.
	Wait(ctx context.Context, lock Locker, h Holding) (Holding, error)
	Signal(ctx context.Context) error
	Broadcast(ctx context.Context) error
}

// An Int64 is a shared integer.
type Int64 interface {
	Object
	Load(ctx context.Context) (int64, error)
	Store(ctx context.Context, v int64) error
	Add(ctx context.Context, delta int64) (int64, error)
	CompareAndSwap(ctx context.Context, old, new int64) (bool, error)
}

// A Value is one value, as bytes.
type Value interface {
	Object

	// Read returns the value. Where there is no error the caller calls Done, soon: it
	// runs nothing in between that may wait.
	Read(ctx context.Context) (Reading, error)
	Done(Reading)

	// Store replaces whatever value there is.
	Store(ctx context.Context, data []byte) error

	// Swap replaces the value of that version; false where there is another by now.
	Swap(ctx context.Context, version uint64, data []byte) (bool, error)
}

// A Reading is a value as it was at one moment.
type Reading struct {
	Bytes   []byte    // not to be changed, and good until Done
	Version uint64    // what Swap knows it by; 0: nothing was ever stored
	Own     [2]uint64 // the driver's
}

// A Semaphore holds permits, which processes take and give back.
type Semaphore interface {
	Object
	Acquire(ctx context.Context, n int) error
	TryAcquire(n int) error
	Release(ctx context.Context, n int) error
	Available(ctx context.Context) (int, error)
}

// Elements say what an array is of.
type Elements struct {
	Type  Type
	Size  uint64 // of one, in bytes
	Count uint64 // 0: as many as the array has that is there
}

// An Array is memory that processes share, with a lock.
type Array interface {
	Object
	Mutex() Mutex

	// Memory is the memory itself, which is good until the process ends; nil where the
	// space was closed before the first call.
	Memory() []byte
}

// A QueueConfig is what a queue is made as. A zero means a default where the queue is
// new, and nothing where it is there.
type QueueConfig struct {
	Cap         int
	MaxDeliver  int
	DeadLetters string
}

// A Queue is a bounded first-in, first-out queue of byte strings.
type Queue interface {
	Object
	Cap() int
	Len() (int, error)

	Put(ctx context.Context, data []byte) error
	TryPut(data []byte) error // ErrFull
	PutBatch(ctx context.Context, batch [][]byte) (n int, err error)

	// Get appends the oldest element to buf.
	Get(ctx context.Context, buf []byte) ([]byte, error)
	TryGet(buf []byte) ([]byte, error) // ErrEmpty
	GetBatch(ctx context.Context, most int) ([][]byte, error)

	// Receive takes the oldest element on loan, until Ack or Nak, or the process's death.
	Receive(ctx context.Context) (Loan, error)
	TryReceive() (Loan, error) // ErrEmpty
	ReceiveBatch(ctx context.Context, most int) ([]Loan, error)
	Ack(ctx context.Context, l Loan) error // ErrNotHeld
	Nak(ctx context.Context, l Loan) error // ErrNotHeld

	Close(ctx context.Context) error
	Join(ctx context.Context) error
}

// A Loan is an element of a queue that was lent. A copy of it is the same loan.
type Loan struct {
	Data    []byte // the borrower's own
	Attempt int    // how often it was lent, 1 the first time
	Own     [4]uint64
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
