package remote

import (
	"context"
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A register is a thing such as objects are.
type register struct{}

func (register) Update(ctx context.Context, f func(ctx context.Context, old string) (string, error)) (string, error) {
	return f(ctx, "old")
}

func (register) Wait(ctx context.Context) error {
	<-ctx.Done()
	return errors.Join(driver.ErrLocked, ctx.Err(), context.Cause(ctx))
}

func (register) Open() (driver.Event, error) { return nil, driver.ErrNotFound }

// far is a register at the other end of a connection.
func far(t *testing.T) (r reference, hangUp func()) {
	here, there := net.Pipe()
	one, two := newPeer(here, here), newPeer(there, there)
	go one.read()
	go two.read()
	t.Cleanup(func() { here.Close() })
	return reference{one, two.keep(reflect.ValueOf(register{}))}, func() { here.Close() }
}

func TestCall_bringsFunctionsAndTheirErrorsBack(t *testing.T) {
	r, _ := far(t)
	got, err := get[string](background, r, "Update", func(_ context.Context, old string) (string, error) {
		return old + " and new", nil
	})
	if got != "old and new" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	mine := errors.New("mine")
	_, err = get[string](background, r, "Update", func(context.Context, string) (string, error) { return "", mine })
	if !errors.Is(err, mine) {
		t.Errorf("%v is not the function's own error", err)
	}
	e, err := get[driver.Event](background, r, "Open")
	if e != nil || !errors.Is(err, driver.ErrNotFound) {
		t.Errorf("%v, %v", e, err)
	}
}

func TestCall_endsByItsContext(t *testing.T) {
	r, _ := far(t)
	why := errors.New("why")
	ended, end := context.WithCancelCause(background)
	end(why)
	late, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	for _, c := range []struct {
		ctx  context.Context
		want []error
	}{
		{ended, []error{driver.ErrLocked, context.Canceled, why}},
		{late, []error{driver.ErrLocked, context.DeadlineExceeded}},
	} {
		err := r.call(c.ctx, "Wait")
		for _, want := range c.want {
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
	}
	// Through a function and back: the far register calls ours with the far context.
	ctx, end := context.WithCancelCause(background)
	_, err := get[string](ctx, r, "Update", func(ctx context.Context, _ string) (string, error) {
		end(why)
		<-ctx.Done()
		return "", context.Cause(ctx)
	})
	if !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
}

func TestCall_endsWithTheConnection(t *testing.T) {
	r, hangUp := far(t)
	called := make(chan error)
	go func() { called <- r.call(background, "Wait") }()
	hangUp()
	if err := <-called; !errors.Is(err, errGone) {
		t.Errorf("%v, want %v", err, errGone)
	}
	if err := r.call(background, "Wait"); !errors.Is(err, errGone) {
		t.Errorf("%v, want %v", err, errGone)
	}
}
