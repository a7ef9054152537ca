package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Event is a flag in one word, entEvent:
//
//	bit  0      set
//	bit  1      somebody sleeps
//	bit  2      deleted
//	bits 3-63   how often it was set
//
// Who waits remembers the count, so that a Set is not lost on it when a Clear
// follows before it runs again.
type Event struct{ *Object }

const (
	eventSet      = 1 << 0
	eventSleepers = 1 << 1
	eventDeleted  = 1 << 2
	eventOne      = 1 << 3
	eventCount    = ^uint64(eventOne - 1)
)

func init() {
	kinds[EventKind] = kindOf{
		name: "event", sleeps: entEvent, wakes: everyone, patience: eventPatience, doom: doomEvent,
	}
}

// OpenEvent attaches to an event, or makes it.
func (s *Space) OpenEvent(ctx context.Context, which driver.Which) (driver.Event, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: EventKind})
	if err != nil {
		return nil, err
	}
	return &Event{o}, nil
}

// load returns the event's word, or the error that ends every use of it.
func (e *Event) load() (uint64, error) {
	word := e.s.a.Load(e.at + entEvent)
	if word&eventDeleted != 0 || e.s.closed.Load() {
		return word, driver.ErrClosed
	}
	return word, nil
}

// Set sets the flag, and all who wait return.
func (e *Event) Set(context.Context) error {
	e.race.release()
	for {
		word, err := e.load()
		if err != nil || word&eventSet != 0 {
			return err
		}
		one := uint64(eventOne)
		if broken == eventWithoutCount {
			one = 0
		}
		if e.s.a.CompareAndSwap(e.at+entEvent, word, (word+one)&^eventSleepers|eventSet) {
			if word&eventSleepers != 0 {
				e.s.a.Wake(e.at+entEvent, everyone)
			}
			return nil
		}
	}
}

// Clear clears the flag.
func (e *Event) Clear(context.Context) error {
	for {
		word, err := e.load()
		if err != nil || word&eventSet == 0 {
			return err
		}
		if e.s.a.CompareAndSwap(e.at+entEvent, word, word&^eventSet) {
			return nil
		}
	}
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet(context.Context) (bool, error) {
	word, err := e.load()
	e.race.acquire()
	return word&eventSet != 0, err
}

// Wait returns once the flag is or has been set since Wait was called.
func (e *Event) Wait(ctx context.Context) error {
	first, err := e.load()
	if err != nil {
		return err
	}
	if first&eventSet == 0 {
		err = e.wait(ctx, e.at+entEvent, func(sleepNext bool) (uint32, bool, error) {
			for {
				word, err := e.load()
				happened := word&eventSet != 0 || word&eventCount != first&eventCount
				if err != nil || happened || !sleepNext {
					return 0, happened, err
				}
				if word&eventSleepers != 0 || e.s.a.CompareAndSwap(e.at+entEvent, word, word|eventSleepers) {
					return uint32(word | eventSleepers), false, nil
				}
			}
		})
	}
	if err != nil {
		return err
	}
	e.race.acquire()
	return nil
}

func doomEvent(s *Space, at uint64) {
	s.setFlag(at+entEvent, eventDeleted)
	if broken != doomSilently {
		s.a.Wake(at+entEvent, everyone)
	}
}

// setFlag sets bits of the word at off.
func (s *Space) setFlag(off, bits uint64) {
	for {
		word := s.a.Load(off)
		if s.a.CompareAndSwap(off, word, word|bits) {
			return
		}
	}
}
