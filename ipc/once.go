package ipc

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Once has its work done in one process only. If the work fails, panics or its
// process dies, the next caller does it.
//
// Order:    the work, when it is done, synchronizes before every return of Do with a nil error, in all processes.
// Crash:    when the process dies that does the work, one that waits does it, or the next to come.
// Fairness: none: any of those who wait may be the one that does it next.
// Cost:     once the work is done, Do and Done are three loads, no system call.
type Once struct {
	handle[driver.Once]
}

// OpenOnce attaches to the once called name, or creates it, with its work not done.
func OpenOnce(ctx context.Context, s *Space, name string) (*Once, error) {
	h, err := open(ctx, s, driver.Space.OpenOnce, "once", name)
	if err != nil {
		return nil, err
	}
	return &Once{h}, nil
}

// Do has the work done: it calls f, unless a call has ended with a nil error before,
// in any process. While another does the work it waits. ctx bounds that waiting, and
// is given to f, whose error is returned as it is.
//
// The work is not done when f returns an error, panics, or ends its goroutine, nor
// when its process dies; then whoever is next calls its own f. A dead one may have
// done a part of it, and its last act may have been to finish: so what f does has to
// bear being done again. If the space is closed or the Once deleted while f runs,
// another may do the work, and the error is ErrClosed. An f that calls Do of the same Once waits for
// itself.
func (o *Once) Do(ctx context.Context, f func(ctx context.Context) error) error {
	work, done, err := o.object.Begin(ctx)
	if done || err != nil {
		runtime.KeepAlive(o)
		return o.failed("do", err)
	}
	return o.work(ctx, work, f)
}

// work ends the holding also when f panics or ends the goroutine.
func (o *Once) work(ctx context.Context, work driver.Holding, f func(ctx context.Context) error) (err error) {
	done := false
	defer func() {
		if ended := o.object.End(work, done); done {
			err = o.failed("do", ended)
		}
		runtime.KeepAlive(o)
	}()
	err = f(ctx)
	done = err == nil
	return err
}

// Done reports whether the work is done.
func (o *Once) Done(ctx context.Context) (bool, error) {
	done, err := o.object.Done(ctx)
	runtime.KeepAlive(o)
	return done, o.failed("look at", err)
}
