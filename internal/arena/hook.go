package arena

import (
	"sync/atomic"
	"time"
)

// A Hook sees every access to a heap arena before it happens; it is there in
// builds with the tag explore only. It may hold the caller up, and end its
// goroutine to play its process's death.
type Hook interface {
	Before(off uint64)          // an access to the word at off comes next
	After(off, old, new uint64) // it was old before the access, and is new
	Sleep(off uint64, low uint32, cancel, closed <-chan struct{}) (timedOut bool)
	Wake(off uint64, n int)
	Block(ready func() bool) // until ready: for what goroutines of one process wait for
	Now() time.Time
}

// lockHook stands for the bytes of the slots in calls of Hook.
const lockHook = 1 << 62

// SetHook has hook see all accesses through a.
func (a *Arena) SetHook(hook Hook) { a.hook = hook }

// Hooked reports whether a hook sees the accesses through a: time and chance are
// left out of such a run.
func (a *Arena) Hooked() bool { return hooked && a.hook != nil }

// Now is the time.
func (a *Arena) Now() time.Time {
	if a.Hooked() {
		return a.hook.Now()
	}
	return time.Now()
}

// Peek is Load unseen by the hook.
func (a *Arena) Peek(off uint64) uint64 { return atomic.LoadUint64(a.word(off)) }
