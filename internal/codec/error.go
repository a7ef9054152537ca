package codec

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/fxamacker/cbor/v2"
)

var (
	// Func is the name of the function that this process runs; empty where it
	// runs none. It is set at the start, before anything is encoded.
	Func string

	// FromWire makes what a user sees of an error that has crossed; by default
	// that is the *Error itself. It is set at the start.
	FromWire func(*Error) error
)

// An Error is an error that has crossed processes: its text, where it came from,
// and what errors.Is finds in it. Its type and what it wraps do not cross.
type Error struct {
	Func string // the function whose process it came from, empty if none
	PID  int    // that process's ID
	Msg  string // what its Error method said

	names  []string // of the registered sentinels that it matches
	errnos []int    // the system's error numbers in it
}

// NewError returns err as it crosses; nil for nil. An err that has crossed before
// stays what it was then. Methods of err that panic are survived.
func NewError(err error) *Error {
	if err == nil {
		return nil
	}
	if e := wireOf(err); e != nil {
		return e
	}
	e := &Error{Func: Func, PID: os.Getpid(), Msg: message(err)}
	for _, part := range tree(err) {
		e.match(part)
	}
	slices.Sort(e.names)
	slices.Sort(e.errnos)
	return e
}

// wireOf returns the Error that err is, or stands for, or nil.
func wireOf(err error) (e *Error) {
	defer func() {
		if recover() != nil {
			e = nil
		}
	}()
	switch err := err.(type) {
	case *Error:
		return err
	case interface{ Wire() *Error }:
		return err.Wire()
	}
	return nil
}

func message(err error) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("%T, whose Error method panicked", err)
		}
	}()
	return err.Error()
}

// treeSize bounds the errors that are looked at in one, which may be endless.
const treeSize = 1000

// tree returns err and the errors that it wraps.
func tree(err error) []error {
	all := []error{err}
	for i := 0; i < len(all) && len(all) < treeSize; i++ {
		for _, e := range unwrap(all[i]) {
			if e != nil {
				all = append(all, e)
			}
		}
	}
	return all
}

func unwrap(err error) (inner []error) {
	defer func() {
		if recover() != nil {
			inner = nil
		}
	}()
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return []error{err.Unwrap()}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}

// match notes what errors.Is would find in one error of the tree.
func (e *Error) match(part error) {
	if crossed := wireOf(part); crossed != nil {
		e.names = union(e.names, crossed.names)
		e.errnos = union(e.errnos, crossed.errnos)
		return
	}
	if number, ok := part.(syscall.Errno); ok {
		e.errnos = union(e.errnos, []int{int(number)})
	}
	e.names = union(e.names, namesOf(part))
}

func union[S comparable](all, more []S) []S {
	for _, x := range more {
		if !slices.Contains(all, x) {
			all = append(all, x)
		}
	}
	return all
}

// Error says what happened, to which function, in which process.
func (e *Error) Error() string {
	if e.Func == "" {
		return fmt.Sprintf("process %d: %s", e.PID, e.Msg)
	}
	return fmt.Sprintf("%s in process %d: %s", e.Func, e.PID, e.Msg)
}

// Is tells whether the error matched target where it came from: a sentinel that
// is registered in both processes, or a syscall.Errno and what that matches.
func (e *Error) Is(target error) bool {
	for _, number := range e.errnos {
		if errno := syscall.Errno(number); target == error(errno) || errno.Is(target) {
			return true
		}
	}
	for _, name := range e.names {
		if is(sentinel(name), target) {
			return true
		}
	}
	return false
}

func fromWire(e *Error) error {
	if FromWire == nil {
		return e
	}
	return FromWire(e)
}

// errorOnWire is an Error's content in CBOR, below its tag.
type errorOnWire struct {
	_      struct{} `cbor:",toarray"`
	Func   string
	PID    int
	Msg    string
	Names  []string
	Errnos []int
}

// minSize is the least that the Error takes in CBOR: three bytes of tag, and a
// head for the array and each field.
func (e *Error) minSize() int {
	size := 3 + 6 + len(e.Func) + len(e.Msg) + len(e.errnos)
	for _, name := range e.names {
		size += 1 + len(name)
	}
	return size
}

// MarshalCBOR implements cbor.Marshaler.
func (e Error) MarshalCBOR() ([]byte, error) {
	content := errorOnWire{Func: e.Func, PID: e.PID, Msg: e.Msg, Names: e.names, Errnos: e.errnos}
	return encMode.Marshal(cbor.Tag{Number: errorTag, Content: content})
}

// UnmarshalCBOR implements cbor.Unmarshaler.
func (e *Error) UnmarshalCBOR(data []byte) error {
	var tag cbor.RawTag
	if err := decMode.Unmarshal(data, &tag); err != nil {
		return err
	}
	if tag.Number != errorTag {
		return fmt.Errorf("an error has the tag %d, not %d", errorTag, tag.Number)
	}
	var w errorOnWire
	if err := decMode.Unmarshal(tag.Content, &w); err != nil {
		return err
	}
	*e = Error{Func: w.Func, PID: w.PID, Msg: w.Msg, names: w.Names, errnos: w.Errnos}
	return nil
}
