package remote

import (
	"context"
	"errors"
	"io"
	"reflect"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// sentinels are the errors that are the same variable in both processes.
var sentinels = []error{
	driver.ErrBroken, driver.ErrClosed, driver.ErrCorrupt, driver.ErrDone, driver.ErrEmpty, driver.ErrExists, driver.ErrFull,
	driver.ErrLocked, driver.ErrLost, driver.ErrMismatch, driver.ErrNotFound, driver.ErrNotHeld, driver.ErrNoSpace,
	driver.ErrRange, driver.ErrTooLarge, driver.ErrType, driver.ErrVersion,
	context.Canceled, context.DeadlineExceeded, errors.ErrUnsupported, io.EOF, io.ErrClosedPipe,
}

// A failure is an error under way.
type failure struct {
	Text   string
	Is     []int  // indices of the sentinels that it matches
	Ours   uint64 // number of the error itself, by which it is the same when it comes back
	Theirs uint64 // number of the receiver's error that it wraps, or 0
}

// A crossed error came from the other end.
type crossed struct {
	text   string
	number uint64 // at its end
	is     []error
}

func (e *crossed) Error() string   { return e.text }
func (e *crossed) Unwrap() []error { return e.is }

func (p *peer) failure(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Text: err.Error(), Ours: p.keep(reflect.ValueOf(err))}
	for i, s := range sentinels {
		if errors.Is(err, s) {
			f.Is = append(f.Is, i)
		}
	}
	if from, ok := errors.AsType[*crossed](err); ok {
		f.Theirs = from.number
	}
	return f
}

func (p *peer) error(f *failure) error {
	if f == nil {
		return nil
	}
	err := &crossed{text: f.Text, number: f.Ours}
	for _, i := range f.Is {
		err.is = append(err.is, sentinels[i])
	}
	if f.Theirs != 0 {
		err.is = append(err.is, p.thing(f.Theirs).Interface().(error))
	}
	return err
}
