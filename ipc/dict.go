package ipc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Dict is a shared map. Keys are equal when they are so encoded: 0.0 and -0.0
// are one key, and so are all NaNs. A key in an any that Go cannot compare, as a slice,
// is ErrType.
//
// Order:    all methods but All are one step each, in one order for all processes; each synchronizes before those that see what it did.
// Crash:    of whoever dies, each change has happened or not. Nothing stays locked.
// Fairness: who reads waits for nobody. Changes wait for one another within one of 64 parts of the dict; there one that is stopped (SIGSTOP) amid a change holds up the others. An Update begins anew when another was first.
// Cost:     some twenty atomic instructions and a copy of the value for a Get, some fifty and a copy of a handful of neighbours for a change. No system call, but where the space takes memory or gives it back. An empty Dict takes 13 KiB; memory follows what is in it, but for some 2 bytes for each element there ever were at one time.
type Dict[K comparable, V any] struct {
	handle[driver.Dict]
	keys   *codec.Key[K]
	values *codec.Codec[V]
}

// An Entry is a key of a Dict and its value.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// OpenDict attaches to the dict called name, or creates it. ErrType, naming the field,
// is for a K or V that cannot be shared.
func OpenDict[K comparable, V any](ctx context.Context, s *Space, name string) (*Dict[K, V], error) {
	d, of, err := dictOf[K, V]()
	if err != nil {
		return nil, fmt.Errorf("open dict %q: %w", name, err)
	}
	if d.handle, err = open(ctx, s, dictOpener(of), "dict", name); err != nil {
		return nil, err
	}
	d.keep()
	return d, nil
}

// dictOf returns a dict that is not open, and what it tells others of its types.
func dictOf[K comparable, V any]() (*Dict[K, V], driver.Type, error) {
	keys, err := codec.KeyOf[K]()
	if err != nil {
		return nil, driver.Type{}, notEncoded(err)
	}
	values, of, err := elementOf[V]()
	if err != nil {
		return nil, driver.Type{}, err
	}
	k := keys.Fingerprint()
	both := sha256.Sum256(append(k[:], of.Fingerprint[:]...))
	of = driver.Type{Name: "map[" + keys.String() + "]" + of.Name, Fingerprint: [16]byte(both[:16])}
	return &Dict[K, V]{keys: keys, values: values}, of, nil
}

func dictOpener(of driver.Type) opener[driver.Dict] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Dict, error) {
		return s.OpenDict(ctx, which, of)
	}
}

func (d *Dict[K, V]) keep() {
	kept(d.keys.Codec, d.space)
	kept(d.values, d.space)
}

// Get returns k's value; ErrNotFound where there is none. It is a copy: changing it
// changes nothing for others.
func (d *Dict[K, V]) Get(ctx context.Context, k K) (V, error) {
	defer runtime.KeepAlive(d)
	r := takeRoom()
	defer r.giveBack()
	key, err := d.key(r, &k)
	if err != nil {
		var none V
		return none, d.failedAt("get", k, err)
	}
	v, _, err := d.load(ctx, key)
	return v, d.failedAt("get", k, err)
}

// key encodes a key in a room.
func (d *Dict[K, V]) key(r *room, k *K) ([]byte, error) {
	key, err := d.keys.EncodeIn(r.bytes, k)
	if err != nil {
		return nil, notEncoded(err)
	}
	r.bytes = key
	return key, nil
}

// value encodes a value, in a room where it is not bytes by itself.
func (d *Dict[K, V]) value(r *room, v *V) ([]byte, error) {
	data, err := d.values.EncodeIn(r.bytes, v)
	if err != nil {
		return nil, notEncoded(err)
	}
	if !d.values.Takes() {
		r.bytes = data
	}
	return data, nil
}

// load returns a key's value, and what Swap and Drop know it by: 0 where there is none.
// An error that matches ErrNotFound may also be that of a handle in the value.
func (d *Dict[K, V]) load(ctx context.Context, key []byte) (v V, version uint64, err error) {
	r, err := d.object.Get(ctx, key)
	if err != nil {
		return v, 0, err
	}
	if d.values.Copies() {
		err = d.values.Decode(r.Bytes, &v)
		d.object.Done(r)
		return v, r.Version, err
	}
	own := takeRoom() // decoding may run methods of V, which take as long as they like
	defer own.giveBack()
	own.bytes = append(own.bytes[:0], r.Bytes...)
	d.object.Done(r)
	return v, r.Version, d.values.Decode(own.bytes, &v)
}

// failedAt says what could not be done with a key.
func (d *Dict[K, V]) failedAt(verb string, k K, err error) error {
	if err == nil {
		return nil
	}
	return d.failed(verb, fmt.Errorf("key %s: %w", shortly(k), err))
}

// shortly is a key in an error's text.
func shortly(k any) string {
	const most = 60
	text := fmt.Sprintf("%#v", k)
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// Set has k's value be v, whatever it was. A value of more bytes than fit is ErrTooLarge,
// and one that the space has no room for beside the old one ErrNoSpace. A handle of the
// family's space in a dict of a space opened by name is ErrType, and so is an end of a
// pipe in any.
func (d *Dict[K, V]) Set(ctx context.Context, k K, v V) error {
	return d.put(ctx, "set", k, v, d.object.Set)
}

// Create is Set where k has no value, else ErrExists.
func (d *Dict[K, V]) Create(ctx context.Context, k K, v V) error {
	return d.put(ctx, "create", k, v, d.object.Create)
}

func (d *Dict[K, V]) put(ctx context.Context, verb string, k K, v V, do func(ctx context.Context, key, value []byte) error) error {
	defer runtime.KeepAlive(d)
	kr, vr := takeRoom(), takeRoom()
	defer kr.giveBack()
	defer vr.giveBack()
	key, err := d.key(kr, &k)
	if err != nil {
		return d.failedAt(verb, k, err)
	}
	value, err := d.value(vr, &v)
	if err != nil {
		return d.failedAt(verb, k, err)
	}
	return d.failedAt(verb, k, do(ctx, key, value))
}

// Delete takes k out; ErrNotFound where it is not there.
func (d *Dict[K, V]) Delete(ctx context.Context, k K) error {
	defer runtime.KeepAlive(d)
	r := takeRoom()
	defer r.giveBack()
	key, err := d.key(r, &k)
	if err == nil {
		err = d.object.Delete(ctx, key)
	}
	return d.failedAt("delete", k, err)
}

// Pop takes k out and returns its value; ErrNotFound where it is not there. A value that
// cannot be decoded, say because it has a handle of what was deleted meanwhile, is an
// error, and gone.
func (d *Dict[K, V]) Pop(ctx context.Context, k K) (V, error) {
	v, err := d.pop(ctx, k)
	runtime.KeepAlive(d)
	return v, d.failedAt("pop", k, err)
}

func (d *Dict[K, V]) pop(ctx context.Context, k K) (v V, err error) {
	kr, vr := takeRoom(), takeRoom()
	defer kr.giveBack()
	defer vr.giveBack()
	key, err := d.key(kr, &k)
	if err != nil {
		return v, err
	}
	data, err := d.object.Pop(ctx, key, vr.bytes[:0])
	if err == nil {
		vr.bytes = data
		err = d.values.Decode(data, &v)
	}
	return v, err
}

// Len returns how many entries there are, or were at one moment of the call.
func (d *Dict[K, V]) Len(ctx context.Context) (int, error) {
	n, err := d.object.Len(ctx)
	runtime.KeepAlive(d)
	return n, d.failed("look at", err)
}

// Clear takes all entries out, as one step.
func (d *Dict[K, V]) Clear(ctx context.Context) error {
	err := d.object.Clear(ctx)
	runtime.KeepAlive(d)
	return d.failed("clear", err)
}

// All yields every entry that is there throughout, once, and may or may not yield one
// that comes or goes meanwhile. The order is none that means anything. The loop's body
// runs with nothing locked, and may change the dict.
func (d *Dict[K, V]) All(ctx context.Context) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		defer runtime.KeepAlive(d)
		for cursor := uint64(0); ; {
			err := ctx.Err()
			if err != nil {
				yield(Entry[K, V]{}, d.failed("go through", ended(ctx)))
				return
			}
			some, next, err := d.object.Scan(ctx, cursor)
			for _, one := range some {
				e, there, wrong := d.entry(ctx, one)
				if !there && wrong == nil {
					continue
				}
				if !yield(e, d.failed("go through", wrong)) || wrong != nil {
					return
				}
			}
			if err != nil {
				yield(Entry[K, V]{}, d.failed("go through", err))
				return
			}
			if cursor = next; cursor == 0 {
				return
			}
		}
	}
}

// entry decodes an entry; there is none any more where a large one was deleted
// meanwhile.
func (d *Dict[K, V]) entry(ctx context.Context, one driver.KeyValue) (e Entry[K, V], there bool, err error) {
	if err := d.keys.Decode(one.Key, &e.Key); err != nil {
		return Entry[K, V]{}, false, err
	}
	if !one.Large {
		err = d.values.Take(one.Value, &e.Value)
	} else {
		var version uint64
		if e.Value, version, err = d.load(ctx, one.Key); version == 0 && errors.Is(err, driver.ErrNotFound) {
			return Entry[K, V]{}, false, nil
		}
	}
	if err != nil {
		return Entry[K, V]{}, false, err
	}
	return e, true, nil
}

// MarshalBinary lets the handle stand in what processes send one another. The dict has
// to be there still when it arrives.
func (d *Dict[K, V]) MarshalBinary() ([]byte, error) { return d.marshal() }

// UnmarshalBinary attaches to the dict that another process has sent. It must be one of
// the same types.
func (d *Dict[K, V]) UnmarshalBinary(data []byte) error {
	fresh, of, err := dictOf[K, V]()
	if err != nil {
		return fmt.Errorf("receive dict: %w", err)
	}
	if err := d.unmarshal(data, dictOpener(of), "dict"); err != nil {
		return err
	}
	d.keys, d.values = fresh.keys, fresh.values
	d.keep()
	return nil
}
