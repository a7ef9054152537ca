package shm

import (
	"fmt"
	"math/bits"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A shard's buckets grow in number by linear hashing: bucket n comes out of bucket n -
// 2^k, where 2^k is the greatest power of two up to n, one bucket at a time, so that
// nobody ever waits for a table to be moved.
//
//	bucket n = what belongs there     nobody looks there yet
//	size = n+1                        from now on they do: it is done
//	the other bucket = the rest       until then it has what nobody looks for there
//
// Who has looked for a key in the other bucket, in vain, looks whether size is still
// what it was. Who dies on the way leaves nothing to be mended: either bucket n, which the
// next one empties first, or entries that are in the other bucket's block for longer.
//
// Literature: W. Litwin, Linear hashing: a new tool for file and table addressing, 1980.

// indexOf is the bucket, of n, for hashes with those low bits.
func indexOf(low, n uint64) uint64 {
	whole := uint64(1) << bits.Len64(n)
	if b := low & (whole - 1); b < n {
		return b
	}
	return low & (whole/2 - 1)
}

// bucket returns where bucket b of a shard is.
func (d *dict) bucket(shard *dictShard, b uint64) (off uint64, err error) {
	if b < dictBase {
		return shard.size + 8 + 8*b, nil
	}
	k := bits.Len64(b/dictBase) - 1
	at, err := d.segment(k)
	if err == nil && at == 0 {
		err = fmt.Errorf("%w: a dict has no bucket %d", driver.ErrCorrupt, b)
	}
	width := uint64(dictBase) << k
	return at + (shard.k*width+b-width)*8, err
}

// segment returns where the k'th segment begins, 0 where there is none. It has the
// buckets of all shards from 4 * 2^k to twice that.
func (d *dict) segment(k int) (at uint64, err error) {
	if k >= dictSegments {
		return 0, nil
	}
	if at = d.segments[k].Load(); at != 0 {
		return at, nil
	}
	s := d.o.s
	b := block(s.a.Load(d.root+dictSegment0+8*uint64(k)) & blockMask)
	if b == 0 {
		return 0, nil
	}
	if at = b.offset(); !s.inHeap(at, d.segmentSize(k)) {
		return 0, fmt.Errorf("%w: a segment of a dict at %#x", driver.ErrCorrupt, at)
	}
	d.segments[k].Store(at)
	return at, nil
}

func (d *dict) segmentSize(k int) uint64 { return uint64(len(d.shards)) * dictBase << k * 8 }

// addSegment makes the k'th segment, unless another is first.
func (d *dict) addSegment(k int) error {
	s, names := d.o.s, d.root+dictSegment0+8*uint64(k)
	b, err := d.alloc(d.segmentSize(k), names)
	if err != nil {
		return err
	}
	s.zero(b.offset(), d.segmentSize(k))
	if s.a.CompareAndSwap(names, 0, uint64(b)) {
		s.settle(b)
	} else {
		s.free(b)
	}
	return nil
}

// grow adds a bucket to a shard that has n, if these are full. Where there is no room for
// one, they get fuller.
func (d *dict) grow(shard *dictShard, n uint64) {
	count := d.o.s.a.Load(shard.at + standCount)
	if count <= d.load*n || n >= 1<<d.bits {
		return
	}
	if n >= dictBase {
		k := bits.Len64(n/dictBase) - 1
		if at, err := d.segment(k); err != nil || k >= dictSegments || at == 0 && d.addSegment(k) != nil {
			return
		}
	}
	_ = d.split(shard, n, count)
}

// split fills bucket n out of the other one.
func (d *dict) split(shard *dictShard, n, count uint64) error {
	s := d.o.s
	from := n - 1<<(bits.Len64(n)-1)
	added, err := d.bucket(shard, n)
	if err != nil {
		return err
	}
	other, err := d.bucket(shard, from)
	if err != nil {
		return err
	}
	if err := shard.room(2); err != nil {
		return err
	}
	if s.a.Load(added) != 0 { // from one who died before it was done
		shard.commit(change{off: added, after: count})
	}
	content, err := s.content(s.a.Load(other))
	if err != nil {
		return err
	}
	belongs := func(to uint64) func(entryOf) bool {
		return func(e entryOf) bool { return indexOf(d.low(e.hash), n+1) == to }
	}
	upper, err := d.fillBucket(added, content, belongs(n), nil)
	if err != nil {
		return err
	}
	if upper != 0 {
		s.a.Store(added, uint64(upper))
		s.settle(upper)
	}
	grown := dictSize(s.a.Load(shard.size)>>32, n+1)
	if broken != dictSplitsLate {
		s.a.Store(shard.size, grown)
	}
	if upper != 0 {
		if rest, err := d.fillBucket(other, content, belongs(from), nil); err == nil {
			shard.commit(change{off: other, to: rest, after: count})
		}
	}
	if broken == dictSplitsLate {
		s.a.Store(shard.size, grown)
	}
	return nil
}
