package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Service has a cell for each call, an attachment of the object that the caller has
// for it, and no queue: who serves looks at the cells and takes the oldest call. So
// all that there is of a call is in one place, and goes with it: when its caller gives
// up or dies nothing of it is left for anybody to pass by, and when who serves it dies
// it is where it was.
//
// A cell's words are
//
//	0  {caller, callCell}; {0, ticket, callAlone} once the caller has left it to who serves
//	1  what has become of the call, which its caller sleeps on, and who serves it
//	2  the letter: a block with the request, and room for a short answer
//	3  a block with an answer that had no room there
//
// Word 1:
//
//	bits 0-2    state
//	bit  3      the caller sleeps
//	bit  4      who serves it sleeps, until nobody wants the answer
//	bit  5      the service was deleted: both are to look
//	bits 6-7    how many processes have ended while they served it
//	bits 8-31   ticket
//	bits 32-63  who serves it; the process ID of who did, once it is answered
//
//	{queued} -> {served: S} by S, who is the one to write words 2 and 3 from now on
//	{served: S} -> {answered} by S -> a cell of nobody's, by the caller
//	{served: S} -> {queued} by S, or by the sweep of S: then with one end more
//	{served: S} -> {refused} by the sweep, where the ends are too many
//	{queued} -> {none} by the caller, who gives up, or the sweep of it
//	{served: S} -> {left: S} by those two -> {over} by S, or the sweep of S
//
// Tickets are drawn from the word entTickets, whose low half is their count: each
// change of it has those look who wait for calls. Its bit 63 says that some sleep.
// In every state words 2 and 3 are somebody's to free: the caller's in queued, answered
// and refused, those of who serves in served and left. Freeing twice is harmless.
type Service struct{ *Object }

const (
	callCell  = 1 << 26 // word 0
	callAlone = 1       // word 0 without an owner

	callWord   = 8
	callLetter = 16
	callAnswer = 24

	callNone     = 0
	callQueued   = 1
	callServed   = 2
	callLeft     = 3
	callAnswered = 4
	callRefused  = 5
	callOver     = 6

	callStates  = 7
	callSleeps  = 1 << 3
	callWatched = 1 << 4
	callDoomed  = 1 << 5
	callFlags   = callSleeps | callWatched | callDoomed
	callEnd     = 1 << 6 // one of them
	callEnds    = 3 * callEnd
	callTickets = 1<<32 - 1<<8

	serversSleep = 1 << 63 // of entTickets
)

// maxCallEnds is how many processes a request may end that serve it.
const maxCallEnds = 3

func init() {
	kinds[ServiceKind] = kindOf{
		name: "service", sleeps: entTickets, wakes: everyone, patience: eventPatience,
		recover: recoverService, doom: doomService, strip: stripService, check: checkService, picture: pictureService,
	}
}

// OpenService attaches to a service, or makes it.
func (s *Space) OpenService(ctx context.Context, which driver.Which, of driver.Type) (driver.Service, error) {
	o, err := s.openWhich(ctx, which, specOfType(ServiceKind, of))
	if err != nil {
		return nil, err
	}
	return &Service{o}, nil
}

func callState(word uint64) uint64 { return word & callStates }

// aloneWord is word 0 of a cell that its caller has left: no other call's that had the
// cell before or will have it.
func aloneWord(word uint64) uint64 { return word&callTickets | callAlone }

// calls yields the cells of object i that somebody waits in, and their words 1.
func (s *Space) calls(i int, meta uint64) func(yield func(at, word uint64) bool) {
	return func(yield func(at, word uint64) bool) {
		for at := range s.attachments(i, meta) {
			if first := s.a.Load(at); first&callCell != 0 && ownerOf(first) != 0 && !yield(at, s.a.Load(at+callWord)) {
				return
			}
		}
	}
}

// servedBy reports whether o is to see to the cell whose word 1 this is.
func servedBy(o owner, word uint64) bool {
	st := callState(word)
	return (st == callServed || st == callLeft) && ownerOf(word) == o
}

// freeCall frees the blocks of a cell, if its word at off is still what it is thought
// to be once they are known: they are that call's then, and nobody else's to free.
func (s *Space) freeCall(at, off, word uint64) {
	letter, answer := block(s.a.Load(at+callLetter)), block(s.a.Load(at+callAnswer))
	if s.a.Load(off) != word {
		return
	}
	s.freeNamedBlock(letter)
	s.freeNamedBlock(answer)
}

func (s *Space) freeNamedBlock(b block) {
	if b != 0 {
		s.settle(b)
		s.free(b)
	}
}

// tidy gives back a cell that both have done with, its caller and who served it. Of the
// two that leave it the later one sees that it is.
func (s *Space) tidy(at uint64) {
	word := s.a.Load(at + callWord)
	if callState(word) == callOver {
		s.a.CompareAndSwap(at, aloneWord(word), 0)
	}
}
