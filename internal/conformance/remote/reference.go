package remote

import (
	"cmp"
	"context"
	"reflect"
)

// A reference stands for a thing at the other end. Proxies are made of it.
type reference struct {
	at    *peer
	thing uint64
}

// proxies make the proxies of the interfaces that have one.
var proxies = make(map[reflect.Type]func(reference) any)

// standIn has proxies of I made by of. Each object's file calls it.
func standIn[I any](of func(reference) I) {
	proxies[reflect.TypeFor[I]()] = func(r reference) any { return of(r) }
}

// A proxy is a reference with the methods of what it stands for. It crosses as the
// thing itself, and so only to where that is.
type proxy interface{ number() uint64 }

func (r reference) number() uint64 { return r.thing }

// call calls a method that returns an error alone.
func (r reference) call(ctx context.Context, method string, args ...any) error {
	_, err := r.at.call(ctx, r.thing, method, valuesOf(args)...)
	return err
}

// get calls a method that returns a T and an error, or a T alone.
func get[T any](ctx context.Context, r reference, method string, args ...any) (T, error) {
	values, err := r.at.call(ctx, r.thing, method, valuesOf(args)...)
	v, wrong := result[T](r, values, 0)
	return v, cmp.Or(err, wrong)
}

// get2 calls a method that returns an A, a B and an error.
func get2[A, B any](ctx context.Context, r reference, method string, args ...any) (A, B, error) {
	values, err := r.at.call(ctx, r.thing, method, valuesOf(args)...)
	a, wrongA := result[A](r, values, 0)
	b, wrongB := result[B](r, values, 1)
	return a, b, cmp.Or(err, wrongA, wrongB)
}

// result is the i'th of them, zero where there is none because the call failed.
func result[T any](r reference, values [][]byte, i int) (v T, err error) {
	if i >= len(values) {
		return v, nil
	}
	decoded, err := r.at.decode(values[i], reflect.TypeFor[T]())
	if err == nil {
		reflect.ValueOf(&v).Elem().Set(decoded)
	}
	return v, err
}

func valuesOf(args []any) []reflect.Value {
	values := make([]reflect.Value, len(args))
	for i, arg := range args {
		values[i] = reflect.ValueOf(arg)
	}
	return values
}
