package ipc

import (
	"bytes"
	"context"
	"errors"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// CompareAndSwap replaces k's value where it is encoded as old is; false where it
// is another, or there is none.
func (d *Dict[K, V]) CompareAndSwap(ctx context.Context, k K, old, new V) (bool, error) {
	defer runtime.KeepAlive(d)
	kr, or, nr := takeRoom(), takeRoom(), takeRoom()
	defer kr.giveBack()
	defer or.giveBack()
	defer nr.giveBack()
	key, err := d.key(kr, &k)
	if err != nil {
		return false, d.failedAt("compare", k, err)
	}
	from, err := d.value(or, &old)
	if err != nil {
		return false, d.failedAt("compare", k, err)
	}
	to, err := d.value(nr, &new)
	if err != nil {
		return false, d.failedAt("compare", k, err)
	}
	for {
		r, err := d.object.Get(ctx, key)
		if errors.Is(err, driver.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, d.failedAt("compare", k, err)
		}
		same := bytes.Equal(r.Bytes, from)
		d.object.Done(r)
		if !same {
			return false, nil
		}
		done, err := d.object.Swap(ctx, key, r.Version, to)
		if err == nil && !done {
			err = ended(ctx)
		}
		if done || err != nil {
			return done, d.failedAt("compare", k, err)
		}
		runtime.Gosched() // whoever was first may be about to do the next one, too
	}
}

// Update replaces k's value by what f makes of it, as one step. exists tells whether
// there is one; keep false deletes k; an error of f is returned as it is and changes
// nothing. f may be called more than once: where others have changed k meanwhile, until
// it is done, or ctx has ended. It runs with nothing locked, and may use the dict.
func (d *Dict[K, V]) Update(ctx context.Context, k K, f func(old V, exists bool) (v V, keep bool, err error)) error {
	defer runtime.KeepAlive(d)
	kr, vr := takeRoom(), takeRoom()
	defer kr.giveBack()
	defer vr.giveBack()
	key, err := d.key(kr, &k)
	if err != nil {
		return d.failedAt("update", k, err)
	}
	for {
		old, version, err := d.load(ctx, key)
		exists := version != 0
		if err != nil && (exists || !errors.Is(err, driver.ErrNotFound)) {
			return d.failedAt("update", k, err)
		}
		v, keep, err := f(old, exists)
		if err != nil {
			return err
		}
		done := true
		switch {
		case keep:
			var data []byte
			if data, err = d.value(vr, &v); err == nil {
				done, err = d.object.Swap(ctx, key, version, data)
			}
		case exists:
			done, err = d.object.Drop(ctx, key, version)
		}
		if err == nil && !done {
			err = ended(ctx)
		}
		if done || err != nil {
			return d.failedAt("update", k, err)
		}
		runtime.Gosched() // whoever was first may be about to do the next one, too
	}
}
