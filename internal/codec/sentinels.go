package codec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"sync"
)

// registry has the sentinels that are found in errors that crossed.
var registry = struct {
	sync.RWMutex
	byName map[string]error
	all    []registered // only ever appended to
}{byName: map[string]error{}}

type registered struct {
	name     string
	sentinel error
}

func init() {
	for name, sentinel := range map[string]error{
		"context.Canceled":         context.Canceled,
		"context.DeadlineExceeded": context.DeadlineExceeded,
		"errors.ErrUnsupported":    errors.ErrUnsupported,
		"fs.ErrClosed":             fs.ErrClosed,
		"fs.ErrExist":              fs.ErrExist,
		"fs.ErrInvalid":            fs.ErrInvalid,
		"fs.ErrNotExist":           fs.ErrNotExist,
		"fs.ErrPermission":         fs.ErrPermission,
		"io.EOF":                   io.EOF,
		"io.ErrClosedPipe":         io.ErrClosedPipe,
		"io.ErrNoProgress":         io.ErrNoProgress,
		"io.ErrShortBuffer":        io.ErrShortBuffer,
		"io.ErrShortWrite":         io.ErrShortWrite,
		"io.ErrUnexpectedEOF":      io.ErrUnexpectedEOF,
		"os.ErrDeadlineExceeded":   os.ErrDeadlineExceeded,
		"os.ErrProcessDone":        os.ErrProcessDone,
	} {
		Register(name, sentinel)
	}
}

// Register lets errors.Is find sentinel, under the same name in both processes,
// in an error that crossed. It panics on an empty name, on a nil sentinel or one
// that cannot be compared, and on a name that another sentinel has.
func Register(name string, sentinel error) {
	switch {
	case name == "":
		panic(fmt.Sprintf("codec: error %q registered without a name", sentinel))
	case sentinel == nil:
		panic(fmt.Sprintf("codec: nil registered as the error %q", name))
	case !reflect.ValueOf(sentinel).Comparable():
		panic(fmt.Sprintf("codec: error %q of type %T cannot be compared", name, sentinel))
	}
	registry.Lock()
	defer registry.Unlock()
	if other, ok := registry.byName[name]; ok {
		if other != sentinel { //nolint:errorlint // the very value is meant
			panic(fmt.Sprintf("codec: error %q registered twice", name))
		}
		return
	}
	registry.byName[name] = sentinel
	registry.all = append(registry.all, registered{name, sentinel})
}

// sentinel returns the error of that name, or nil.
func sentinel(name string) error {
	registry.RLock()
	defer registry.RUnlock()
	return registry.byName[name]
}

// namesOf returns the names of the sentinels that err is, not looking at what it
// wraps.
func namesOf(err error) []string {
	registry.RLock()
	all := registry.all // err's methods may register more
	registry.RUnlock()
	var found []string
	for _, r := range all {
		if is(err, r.sentinel) {
			found = append(found, r.name)
		}
	}
	return found
}

// is is errors.Is for err alone. A panic on the way is a no.
func is(err, target error) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	if err == nil || target == nil {
		return false
	}
	if reflect.ValueOf(err).Comparable() && err == target { //nolint:errorlint // this is errors.Is itself
		return true
	}
	matcher, ok := err.(interface{ Is(error) bool })
	return ok && matcher.Is(target)
}
