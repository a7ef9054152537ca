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

	lastKind = ArrayKind
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

	// recover takes a dead owner out of object i, before its attachments are given
	// back; it reports whether there was something to do. nil: there never is.
	recover func(s *Space, i int, meta uint64, dead owner) bool

	// doom tells those who use the object, whose entry begins at at, that it is
	// deleted. nil: they look by themselves.
	doom func(s *Space, at uint64)

	// holder is who holds it. nil: nobody ever does.
	holder func(s *Space, at uint64) owner

	// holds reports whether the owner of an attachment has something of the object
	// that is on record there. nil: it never has.
	holds func(s *Space, attachment uint64) bool

	// picture adds to what Stats tells of the object. nil: there is nothing to add.
	picture func(s *Space, i int, meta uint64, one *driver.ObjectStat)

	// check says what is wrong with object i. nil: nothing can be.
	check func(s *Space, i int, meta uint64, say func(string, ...any))
}

// kinds has each kind's, which its own file puts here.
var kinds [lastKind + 1]kindOf

func (k Kind) known() bool { return k <= lastKind && kinds[k].name != "" }

func (k Kind) String() string {
	if !k.known() {
		return "unknown kind"
	}
	return kinds[k].name
}
