package shm

import (
	"bytes"
	"context"
	"errors"
	"math/bits"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A cursor is a place in the order of the shards, and within each in that of the hashes'
// low bits read backwards. A bucket has one stretch of that order, and when it grows two,
// the lower part and the upper part: so what was there throughout is met once, however
// many buckets there come to be meanwhile. Dicts with cursors like these are known from
// Redis's SCAN.
const (
	scanSome  = 64  // entries in one go, about
	scanLooks = 256 // buckets
)

// Scan returns some entries, and where to go on.
func (d *Dict) Scan(_ context.Context, cursor uint64) (some []driver.KeyValue, next uint64, err error) {
	c, err := d.beginReading()
	if err != nil {
		return nil, 0, err
	}
	end := uint64(len(d.shards)) << d.bits
	for looks := 0; cursor < end && len(some) < scanSome && looks < scanLooks && err == nil; looks++ {
		some, cursor, err = d.scanBucket(c, cursor, some)
	}
	d.race.acquire()
	d.endReading(c)
	if cursor >= end {
		cursor = 0
	}
	return some, cursor, err
}

// scanBucket appends what a bucket has from the cursor on, and returns where the next one
// begins.
func (d *dict) scanBucket(c cell, cursor uint64, some []driver.KeyValue) ([]driver.KeyValue, uint64, error) {
	a, from := d.o.s.a, cursor&(1<<d.bits-1)
	shard := &d.shards[cursor>>d.bits]
	rest := cursor - from
	for mark := len(some); ; some = some[:mark] {
		epoch, size := d.now(), a.Load(shard.size)
		if !isOf(size, epoch) {
			if d.now() == epoch {
				return some, rest + 1<<d.bits, nil
			}
			continue
		}
		n := uint64(uint32(size))
		b, depth := stretchOf(d.backwards(from), n)
		end := (from>>(d.bits-depth) + 1) << (d.bits - depth)
		off, err := d.bucket(shard, b)
		if err != nil {
			return some, 0, err
		}
		p := page{d: d, cell: c, off: off, epoch: epoch}
		some, err = p.copy(some, func(hash uint32) bool {
			place := d.backwards(d.low(hash))
			return from <= place && place < end
		})
		switch {
		case errors.Is(err, errAnew):
		case err != nil:
			return some, 0, err
		case a.Load(shard.size) == size:
			return some, rest + end, nil
		}
	}
}

// copy appends copies of those entries of a bucket that are wanted.
func (p *page) copy(some []driver.KeyValue, wanted func(hash uint32) bool) ([]driver.KeyValue, error) {
	content, err := p.open()
	for len(content) > 0 && err == nil {
		var e entryOf
		if e, content, err = nextEntry(content); err != nil || !wanted(e.hash) {
			continue
		}
		one := driver.KeyValue{Key: bytes.Clone(e.key), Value: bytes.Clone(e.value)}
		if e.body != 0 {
			one.Large = true
			var key []byte
			if key, _, err = p.body(e.body); err == nil {
				one.Key = bytes.Clone(key)
				err = p.back()
			}
		}
		some = append(some, one)
	}
	return some, err
}

// backwards reads a hash's low bits from the last to the first.
func (d *dict) backwards(low uint64) uint64 { return bits.Reverse64(low) >> (64 - d.bits) }

// stretchOf is the bucket, of n, for hashes with those low bits, and how many of them it
// depends on.
func stretchOf(low, n uint64) (b uint64, depth int) {
	b = indexOf(low, n)
	depth = bits.Len64(n) - 1
	if half := uint64(1) << depth; b >= half || b < n-half {
		depth++
	}
	return b, depth
}
