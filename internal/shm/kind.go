package shm

import (
	"math"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Kind is what an object is.
type Kind uint64

// The kinds.
const (
	MutexKind Kind = iota + 1
	EventKind
	Int64Kind
	RWMutexKind
	SemaphoreKind
	CondKind
	BarrierKind
	OnceKind
	ValueKind
	ArrayKind
	QueueKind
	PipeKind
	ServiceKind
	DictKind

	lastKind = DictKind
)

// everyone is how many sleepers Wake is to wake where all are meant.
const everyone = math.MaxInt32

// A kindOf is what opening, the sweep, Delete, Stats and Check know of a kind.
type kindOf struct {
	name   string
	config [2]string // what the numbers of its configuration are
	sleeps uint64    // the word that its goroutines sleep on
	wakes  int       // how many sleepers it takes to make up for a wake that a death has swallowed
	patience
	looksOften bool // who waits for it also looks whether others, who are in the way, have stopped

	fifos int                    // how many it has
	room  func(spec Spec) uint64 // of each of them
	bytes bool                   // the room is in bytes, not in elements

	// recover takes a dead owner out of object i, before its attachments are given
	// back; it reports whether there was something to do. nil: there never is.
	recover func(s *Space, i int, meta uint64, dead owner) bool

	// doom tells those who use the object, whose entry begins at at, that it is
	// deleted. nil: they look by themselves.
	doom func(s *Space, at uint64)

	// check says what is wrong with object i. nil: nothing can be.
	check func(s *Space, i int, meta uint64, say func(string, ...any))

	// holder is who holds it. nil: nobody ever does.
	holder func(s *Space, at uint64) owner

	// joins prepares an attachment that this process is to have for as long as it has
	// the object open. nil: it needs nothing.
	joins func(s *Space, attachment uint64)

	// furnish gives object i, which is being made, what it has besides its entry. Who
	// opens it meanwhile waits for that. nil: nothing.
	furnish func(s *Space, i int, spec Spec) error

	// strip takes from object i, which is not to be, or no more, what it has besides its entry.
	// It may be done over and over, and have been begun or done by one who has died; what
	// furnish has made also by many at once, some of whom come late. nil: it has nothing.
	strip func(s *Space, i int, meta uint64)

	// holds reports whether the owner of an attachment has something of the object
	// that is on record there. nil: it never has.
	holds func(s *Space, attachment uint64) bool

	// picture adds to what Stats tells of the object. nil: there is nothing to add.
	picture func(s *Space, i int, meta uint64, one *driver.ObjectStat)
}

// kinds has each kind's, which its own file puts here.
var kinds [lastKind + 1]kindOf

func (k Kind) known() bool { return k <= lastKind && kinds[k].name != "" }

// strip is the kind's, if there is something.
func (s *Space) strip(i int, meta uint64) {
	if k := Kind(s.a.Load(s.object(i) + entKind)); k.known() && kinds[k].strip != nil {
		kinds[k].strip(s, i, meta)
	}
}

func (k Kind) String() string {
	if !k.known() {
		return "unknown kind"
	}
	return kinds[k].name
}
