package codec

import (
	"fmt"
	"reflect"
	"strings"
)

// A path names a place in a type or a value: "key of Job.M", "Job.Steps[].At".
type path struct {
	before string // "key of ", once for each map key on the way
	root   string
	after  string
}

func (p path) String() string { return p.before + p.root + p.after }

func (p path) plus(step string) path {
	p.after += step
	return p
}

func (p path) key() path {
	p.before += "key of "
	return p
}

func rootOf(t reflect.Type) path {
	for t.Name() == "" && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return path{root: typeName(t)}
}

// typeName is a type's name without its package; a type without a name is
// written out.
func typeName(t reflect.Type) string {
	switch {
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return "any"
	}
	return t.String()
}

// A placeError says what is wrong at one place of a type or a value.
type placeError struct {
	path  path
	text  string
	match error // ErrType, ErrTooLarge or nil
}

func (e *placeError) Error() string { return e.path.String() + ": " + e.text }
func (e *placeError) Unwrap() error { return e.match }

func refused(p path, what string) *placeError {
	return &placeError{path: p, text: what + " cannot be sent to a process", match: ErrType}
}

func tooLarge(p path) *placeError {
	return &placeError{path: p, text: fmt.Sprintf("more than %d MiB", MaxBytes>>20), match: ErrTooLarge}
}

// longPath is where a value's path is cut: 10,000 steps help nobody.
const longPath = 200

// below returns e with step before its place.
func (e *placeError) below(step string) *placeError {
	moved := *e
	moved.path.after = step + e.path.after
	if len(moved.path.after) > longPath {
		moved.path.after = strings.ToValidUTF8(moved.path.after[:longPath], "") + "…"
	}
	return &moved
}

// belowKey returns e with its place in a map's key.
func (e *placeError) belowKey() *placeError {
	moved := *e
	moved.path.before = "key of " + e.path.before
	return &moved
}
