package ipc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Value is one shared value of a type that crosses processes (see
// multiproc.Func), zero at first.
//
// Order:    all Stores, Updates and Loads of it have one order, in all processes; each synchronizes before those that see its result.
// Crash:    a Store or an Update has happened or not: whoever dies, the value is the old or the new one, never a mixture.
// Fairness: a Load waits for nobody, nor does a Store; an Update begins anew when another was first.
// Cost:     a copy of the value, and some ten atomic instructions for a Load; for a Store some thirty, and eight loads for each process that has the value open. No system call, but where the space takes memory or gives it back. A Store needs room for the old value and the new one; a process that is stopped in a Load keeps the one that it reads.
type Value[T any] struct {
	handle[driver.Value]
	codec *codec.Codec[T]
}

// OpenValue attaches to the value called name, or creates it. ErrType, naming the
// field, is for a T that cannot be shared.
func OpenValue[T any](ctx context.Context, s *Space, name string) (*Value[T], error) {
	c, of, err := elementOf[T]()
	if err != nil {
		return nil, fmt.Errorf("open value %q: %w", name, err)
	}
	h, err := open(ctx, s, valueOf(of), "value", name)
	if err != nil {
		return nil, err
	}
	kept(c, s)
	return &Value[T]{h, c}, nil
}

// valueOf opens values of a type.
func valueOf(of driver.Type) opener[driver.Value] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Value, error) {
		return s.OpenValue(ctx, which, of)
	}
}

// Load returns the value. It is a copy: changing it changes nothing for others.
func (v *Value[T]) Load(ctx context.Context) (T, error) {
	x, _, err := v.load(ctx)
	runtime.KeepAlive(v)
	return x, v.failed("load", err)
}

func (v *Value[T]) load(ctx context.Context) (x T, version uint64, err error) {
	r, err := v.object.Read(ctx)
	if err != nil || r.Version == 0 {
		if err == nil {
			v.object.Done(r)
		}
		return x, 0, err
	}
	if v.codec.Copies() {
		err = v.codec.Decode(r.Bytes, &x)
		v.object.Done(r)
		return x, r.Version, err
	}
	data := bytes.Clone(r.Bytes) // decoding may run methods of T, which take as long as they like
	v.object.Done(r)
	return x, r.Version, v.codec.Decode(data, &x)
}

// Store replaces the value. A value of more bytes than fit is ErrTooLarge, and one
// that the space has no room for beside the old one ErrNoSpace. A handle of the
// family's space in the value of a space opened by name is ErrType, and so is an end of
// a pipe in any.
func (v *Value[T]) Store(ctx context.Context, x T) error {
	data, err := v.codec.Encode(&x)
	if err != nil {
		return v.failed("store", notEncoded(err))
	}
	err = v.object.Store(ctx, data)
	runtime.KeepAlive(v)
	return v.failed("store", err)
}

// Update replaces the value by what f makes of it, as one step: where others have
// replaced it meanwhile, f is called again with what there is then, until it is
// done, or ctx has ended. An error of f is returned as it is, and changes nothing; nor
// does a panic, which goes on in the caller. f may use the space, this value too.
func (v *Value[T]) Update(ctx context.Context, f func(old T) (T, error)) error {
	defer runtime.KeepAlive(v)
	for {
		old, version, err := v.load(ctx)
		if err != nil {
			return v.failed("update", err)
		}
		x, err := f(old)
		if err != nil {
			return err
		}
		data, err := v.codec.Encode(&x)
		if err != nil {
			return v.failed("update", notEncoded(err))
		}
		done, err := v.object.Swap(ctx, version, data)
		if err == nil && !done {
			err = ended(ctx)
		}
		if done || err != nil {
			return v.failed("update", err)
		}
		runtime.Gosched() // whoever was first may be about to do the next one, too
	}
}

// ended is why ctx has ended, if it has.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// MarshalBinary lets the handle stand in what processes send one another. The value
// has to be there still when it arrives.
func (v *Value[T]) MarshalBinary() ([]byte, error) { return v.marshal() }

// UnmarshalBinary attaches to the value that another process has sent. It must be
// one of the same element type.
func (v *Value[T]) UnmarshalBinary(data []byte) error {
	c, of, err := elementOf[T]()
	if err != nil {
		return fmt.Errorf("receive value: %w", err)
	}
	if err := v.unmarshal(data, valueOf(of), "value"); err != nil {
		return err
	}
	kept(c, v.space)
	v.codec = c
	return nil
}
