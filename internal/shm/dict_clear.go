package shm

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Clear takes all entries out, in one step: the next epoch. Their memory is given back
// then, shard by shard; where somebody is stopped in a stand, by who comes there next.
func (d *Dict) Clear(context.Context) error {
	o := d.Object
	if !o.s.begins() {
		return driver.ErrClosed
	}
	defer o.s.ends()
	if err := o.gone(); err != nil {
		return err
	}
	o.race.release()
	o.s.a.Add(d.root+dictEpoch, 1)
	o.race.acquire()
	for k := range d.shards {
		shard := &d.shards[k]
		if entered, err := shard.enterSoon(); entered && err == nil {
			_ = d.renew(shard)
			shard.exit(0)
		}
	}
	return nil
}

// renew makes the shard one of this epoch, in its stand.
func (d *dict) renew(shard *dictShard) error {
	if epoch := d.now(); !isOf(d.o.s.a.Load(shard.size), epoch) {
		return d.wipe(shard, epoch)
	}
	return nil
}

// wipe empties a shard that is of a former epoch. Who reads there has begun in that epoch;
// who goes on to a body looks whether it still is. So a body may be freed before the block
// that names it.
func (d *dict) wipe(shard *dictShard, epoch uint64) error {
	s := d.o.s
	n := uint64(uint32(s.a.Load(shard.size)))
	if n > 1<<d.bits {
		return fmt.Errorf("%w: a shard of %d buckets", driver.ErrCorrupt, n)
	}
	for off := range d.buckets(shard, n) {
		content, err := s.content(s.a.Load(off))
		if err != nil {
			return err
		}
		for e := range entries(content) {
			if e.body == 0 {
				continue
			}
			if err := shard.dispose(e.body); err != nil {
				return err
			}
		}
		if err := shard.room(1); err != nil {
			return err
		}
		shard.commit(change{off: off})
	}
	_ = shard.collect()
	s.a.Store(shard.at+standCount, 0)
	s.a.Store(shard.size, dictSize(epoch, dictBase))
	return nil
}

// buckets yields where those of a shard are that name something, also what a dead one has
// put into the next bucket.
func (d *dict) buckets(shard *dictShard, n uint64) func(yield func(off uint64) bool) {
	return func(yield func(uint64) bool) {
		for b := range n + 1 {
			off, err := d.bucket(shard, b)
			if err == nil && d.o.s.a.Load(off) != 0 && !yield(off) {
				return
			}
		}
	}
}

// entries yields those of a bucket's content, as far as it is whole.
func entries(content []byte) func(yield func(entryOf) bool) {
	return func(yield func(entryOf) bool) {
		for len(content) > 0 {
			e, rest, err := nextEntry(content)
			if err != nil || !yield(e) {
				return
			}
			content = rest
		}
	}
}
