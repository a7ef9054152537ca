package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An edit is a change of one entry.
type edit struct {
	key, value []byte
	deletes    bool // instead of setting the value

	may     func(e entryOf, found bool) (bool, error) // whether it may be done with what there is. nil: always
	popInto []byte                                    // what the old value is appended to
	pops    bool
}

// Set has key's value be value.
func (d *Dict) Set(ctx context.Context, key, value []byte) error {
	_, err := d.edit(ctx, &edit{key: key, value: value})
	return err
}

// Create sets the value of a key that has none.
func (d *Dict) Create(ctx context.Context, key, value []byte) error {
	_, err := d.edit(ctx, &edit{key: key, value: value, may: func(_ entryOf, found bool) (bool, error) {
		if found {
			return false, driver.ErrExists
		}
		return true, nil
	}})
	return err
}

// Delete deletes key.
func (d *Dict) Delete(ctx context.Context, key []byte) error {
	_, err := d.edit(ctx, &edit{key: key, deletes: true, may: mustBeThere})
	return err
}

// Pop deletes key, and appends its value to buf.
func (d *Dict) Pop(ctx context.Context, key, buf []byte) ([]byte, error) {
	e := edit{key: key, deletes: true, may: mustBeThere, pops: true, popInto: buf}
	_, err := d.edit(ctx, &e)
	return e.popInto, err
}

func mustBeThere(_ entryOf, found bool) (bool, error) {
	if !found {
		return false, driver.ErrNotFound
	}
	return true, nil
}

// Swap replaces the value of that version, 0 of a key that has none.
func (d *Dict) Swap(ctx context.Context, key []byte, version uint64, value []byte) (bool, error) {
	return d.edit(ctx, &edit{key: key, value: value, may: isVersion(version)})
}

// Drop deletes key if its value is of that version.
func (d *Dict) Drop(ctx context.Context, key []byte, version uint64) (bool, error) {
	return d.edit(ctx, &edit{key: key, deletes: true, may: isVersion(version)})
}

func isVersion(version uint64) func(entryOf, bool) (bool, error) {
	return func(e entryOf, found bool) (bool, error) {
		if !found {
			return version == 0, nil
		}
		return e.stamp == version || broken == swapBlindly, nil
	}
}

// edit does e. A large value is written to its body before we are in the stand.
func (d *dict) edit(ctx context.Context, e *edit) (done bool, err error) {
	s := d.o.s
	if !s.begins() {
		return false, driver.ErrClosed
	}
	defer s.ends()
	h := d.hash(e.key)
	shard := d.shard(h)
	var body block
	if !e.deletes && isLarge(e.key, e.value) {
		if body, err = d.fillBody(e.key, e.value, shard.new(0)); err != nil {
			return false, err
		}
	}
	d.heed()
	d.o.race.release()
	if err = shard.enter(ctx); err == nil {
		if err = d.o.gone(); err == nil {
			done, err = d.editIn(shard, h, e, body)
		}
		shard.exit(0)
	}
	if body != 0 && !done {
		s.free(body)
	}
	d.o.race.acquire()
	return done, asClosed(err)
}

// editIn does e in its shard's stand.
func (d *dict) editIn(shard *dictShard, h uint32, e *edit, body block) (done bool, err error) {
	s := d.o.s
	if err := d.renew(shard); err != nil {
		return false, err
	}
	n := uint64(uint32(s.a.Load(shard.size)))
	b := indexOf(d.low(h), n)
	off, err := d.bucket(shard, b)
	if err != nil {
		return false, err
	}
	content, err := s.content(s.a.Load(off))
	if err != nil {
		return false, err
	}
	have, found, err := lookup(content, h, e.key, s.readBody)
	if err != nil {
		return false, err
	}
	if e.may != nil {
		if may, err := e.may(have, found); !may || err != nil {
			return false, err
		}
	}
	if e.deletes && !found {
		return true, nil
	}
	if err := shard.room(2); err != nil {
		return false, err
	}
	to, err := d.fillBucket(off, content, func(old entryOf) bool {
		return indexOf(d.low(old.hash), n) == b && !(found && sameEntry(old, have))
	}, func(to []byte) []byte {
		switch {
		case e.deletes:
		case body != 0:
			to = appendLarge(to, h, shard.nextOp(), body)
		default:
			to = appendEntry(to, h, shard.nextOp(), e.key, e.value)
		}
		return to
	})
	if err != nil {
		return false, err
	}
	c := change{off: off, to: to, after: s.a.Load(shard.at + standCount)}
	switch {
	case e.deletes:
		c.after--
	case !found:
		c.after++
	}
	if e.pops {
		e.popInto = append(e.popInto, have.value...)
	}
	var olds [1]block
	if have.body != 0 && found {
		olds[0] = have.body
		c.olds = olds[:]
	}
	if body != 0 {
		shard.hold(0, body)
	}
	shard.commit(c)
	switch {
	case len(c.olds) > 0:
		_ = shard.collect() // it may be much: not to be kept for a while
	case !e.deletes && !found:
		d.grow(shard, n)
	}
	return true, nil
}

// sameEntry reports whether both are the same bytes of a bucket's block.
func sameEntry(e, other entryOf) bool { return &e.raw[0] == &other.raw[0] }

// fillBucket returns a block with those entries of a bucket's content that stay, and what
// is appended to them, which the word at off is to name: 0 where there is none.
func (d *dict) fillBucket(off uint64, content []byte, stays func(entryOf) bool, more func([]byte) []byte) (block, error) {
	var space [512]byte
	to := space[:0]
	for len(content) > 0 {
		e, rest, err := nextEntry(content)
		if err != nil {
			return 0, err
		}
		if stays(e) {
			to = append(to, e.raw...)
		}
		content = rest
	}
	if more != nil {
		to = more(to)
	}
	if len(to) == 0 {
		return 0, nil
	}
	b, err := d.alloc(8+uint64(len(to)), off)
	if err == nil {
		d.o.s.storeBytes(b.offset(), to)
	}
	return b, err
}

// alloc returns a block of n bytes.
func (d *dict) alloc(n, names uint64) (block, error) {
	s := d.o.s
	b, err := s.alloc(n, names)
	if errors.Is(err, driver.ErrNoSpace) {
		d.o.collect() // a reader that is dead by now may be all that kept old values
		b, err = s.alloc(n, names)
	}
	switch {
	case errors.Is(err, errBlockTooLarge):
		return 0, fmt.Errorf("%w: %d bytes: %w", driver.ErrTooLarge, n, err)
	case errors.Is(err, driver.ErrNoSpace):
		return 0, fmt.Errorf("%d bytes: %w", n, err)
	}
	return b, asClosed(err)
}
