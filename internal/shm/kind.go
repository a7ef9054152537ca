package shm

import "math"

// A Kind is what an object is.
type Kind uint64

// The kinds.
const (
	MutexKind Kind = iota + 1
	EventKind
	Int64Kind
)

// everyone is how many sleepers Wake is to wake where all are meant.
const everyone = math.MaxInt32

// kinds are what the sweep, Delete, Stats and Check know of each kind. at is
// where the object's entry begins.
var kinds = [...]struct {
	name   string
	sleeps uint64 // the word that its goroutines sleep on
	wakes  int    // how many sleepers it takes to make up for a wake that a death has swallowed
	patience
	recover func(s *Space, at uint64, dead owner) bool
	doom    func(s *Space, at uint64)
	holder  func(s *Space, at uint64) owner
}{
	MutexKind: {"mutex", entLock, 1, lockPatience, recoverLock, doomLock, lockHolder},
	EventKind: {"event", entEvent, everyone, eventPatience, nothingHeld, doomEvent, nobody},
	Int64Kind: {"int64", entInt, 0, patience{}, nothingHeld, func(*Space, uint64) {}, nobody},
}

func nothingHeld(*Space, uint64, owner) bool { return false }
func nobody(*Space, uint64) owner            { return 0 }

func (k Kind) known() bool { return k < Kind(len(kinds)) && kinds[k].name != "" }

func (k Kind) String() string {
	if !k.known() {
		return "unknown kind"
	}
	return kinds[k].name
}
