package shm

// An object's entry:
//
//	0    meta, then fifteen words that are the kinds' own
//	128  kind, type (2 words), configuration (2 words), first annex + 1, name
//	320  four attachments
//	576  name of the element type, for people
const (
	entKind     = 128
	entType     = 136
	entConfig   = 152
	entAnnex    = 168
	entName     = 176 // length, then words
	entAttach   = 320
	entTypeName = 576 // length, then words

	maxName     = entAttach - entName - 8
	maxTypeName = objectSize - entTypeName - 8
)

// The kinds' own words; see there for what is in them. No two kinds use the same
// one with another meaning: a sweeper that slept while the entry changed hands then
// finds nothing that it takes for its own.
const (
	entLock    = 8   // Mutex; also RWMutex, Once and Array
	entSince   = 16  //
	entEpoch   = 24  //
	entEvent   = 32  // Event
	entInt     = 40  // Int64
	entBeat    = 48  // RWMutex
	entLeft    = 56  //
	entPermits = 64  // Semaphore
	entClaim   = 72  //
	entTickets = 80  // Cond; also Service: tickets drawn, in the low half
	entBarrier = 88  // Barrier
	entDone    = 96  // Once
	entValue   = 104 // Value
	entArray   = 112 // Array
	entRoot    = 120 // Queue, Pipe, Dict: the block that all else of theirs hangs on
)

// meta says what an entry is:
//
//	bits 0-3    state
//	bits 4-31   serial, one more each time the entry becomes another object
//	bits 32-63  owner, in the states that have one
//
// {free: n} -> {making: n+1, me} -> {live: n+1} -> {deleted: n+1} ->
// {reclaiming: n+1, me} -> {free: n+1}
//
// Who makes an object of the same name takes a rival's {making} to {aborted},
// which its maker, or the sweep, takes to {free}. An entry that anybody is
// attached to is never reclaimed.
const (
	stateFree = iota
	stateMaking
	stateAborted
	stateLive
	stateDeleted
	stateReclaiming

	stateMask  = 15
	serialOne  = 1 << 4
	serialMask = 1<<32 - serialOne
)

func state(meta uint64) uint64  { return meta & stateMask }
func serial(meta uint64) uint64 { return meta & serialMask >> 4 }

// meta returns the word that meta becomes in another state.
func become(meta uint64, state uint64, o owner) uint64 {
	return meta&serialMask | state | o.high()
}

// nextSerial is meta with the serial one higher.
func nextSerial(meta uint64) uint64 {
	return meta&^serialMask | (meta+serialOne)&serialMask
}
