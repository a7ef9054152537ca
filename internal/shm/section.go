package shm

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A section is a lock for part of an object, as one end of a fifo, held for some tens of
// instructions, or hundreds, and never while its holder waits. Its word:
//
//	bit  0      somebody sleeps until it is free
//	bit  1      abandoned: a holder died, and nobody has been in since
//	bit  2      the object is deleted
//	bits 32-63  owner; nobody is free
//
// {free} -> {me} -> {free} by the same; {dead} -> {free, abandoned} by the sweep.
type section struct {
	at   uint64
	word arena.Word
	gate *arena.Gate // one goroutine of a process at a time sleeps here

	inside *atomic.Int32 // goroutines of this process that may write here: Close waits for them
}

const (
	sectionSleepers  = 1 << 0
	sectionAbandoned = 1 << 1
	sectionDeleted   = 1 << 2
)

func (s *Space) newSection(at uint64) section {
	return section{at, s.a.Word(at), s.a.NewGate(), new(atomic.Int32)}
}

// take makes the section ours, if it is nobody's. Where it is somebody's, it returns
// false and its word. Ours has these flags, and says in the word that is returned
// whether it was abandoned.
func (sec *section) take(s *Space, flags uint64) (word uint64, entered bool, err error) {
	sec.inside.Add(1)
	for {
		word = sec.word.Load()
		switch {
		case word&sectionDeleted != 0 || s.closed.Load():
			sec.inside.Add(-1)
			return 0, false, driver.ErrClosed
		case ownerOf(word) != 0:
			sec.inside.Add(-1)
			return word, false, nil
		case sec.word.CompareAndSwap(word, word|flags|s.me.high()):
			return word, true, nil
		}
	}
}

// leave makes it nobody's, with that flag set. The caller is inside until it says so.
func (sec *section) leave(s *Space, flag uint64) {
	for {
		word := sec.word.Load()
		if ownerOf(word) != s.me {
			return
		}
		free := uint64(uint32(word))&^(sectionSleepers|sectionAbandoned) | flag
		if !sec.word.CompareAndSwap(word, free) {
			continue
		}
		if word&sectionSleepers != 0 && broken != wakeNobody {
			s.a.Wake(sec.at, 1)
		}
		return
	}
}

// lives reports whether the owner of the section, whose word is word, lives. A dead one
// is buried, and the section free.
func (sec *section) lives(s *Space, word uint64) bool {
	if s.unlessDead(ownerOf(word)) {
		return true
	}
	if s.begins() { // it may have been detached by a sweep that could not do this
		s.freeSection(sec.at, ownerOf(word))
		s.ends()
	}
	return s.closed.Load()
}

// soon calls enter until who is in the section leaves it. Who has not in a tenth of a
// second has most likely stopped.
func (sec *section) soon(s *Space, enter func() (word uint64, entered bool, err error)) (entered bool, err error) {
	const yields, pauses = 100, 1000
	for try := 0; ; try++ {
		word, entered, err := enter()
		if entered || err != nil {
			return entered, err
		}
		switch alive := sec.lives(s, word); {
		case !alive:
		case s.a.Hooked() && try > 0 || try >= yields+pauses:
			return false, nil
		case try < yields:
			s.a.Until(func() bool { return true })
			runtime.Gosched()
			arena.YieldProcessor()
		default:
			s.pause(100 * time.Microsecond)
		}
	}
}

// freeSection takes a dead owner out of a section.
func (s *Space) freeSection(at uint64, dead owner) {
	for {
		word := s.a.Load(at)
		if ownerOf(word) != dead {
			return
		}
		if s.a.CompareAndSwap(at, word, uint64(uint32(word))&^sectionSleepers|sectionAbandoned) {
			s.a.Wake(at, everyone)
			return
		}
	}
}
