package shm

import (
	"bytes"
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Who reads takes no lock, and waits for nobody:
//
//	epoch, size     the shard is empty if they differ
//	cell = bucket   and does the bucket name the same block still? then that stays
//	its entries     with the key among them, that is what it was at that moment
//	size again      without it, there was none, unless the shard has grown
//	cell = body     and does the bucket name the same block still, and is the epoch the
//	                same? then the body stays
var errAnew = errors.New("it has changed meanwhile")

// Get returns key's value, which lasts until Done.
func (d *Dict) Get(_ context.Context, key []byte) (r driver.Reading, err error) {
	c, err := d.beginReading()
	if err != nil {
		return r, err
	}
	r.Own = [2]uint64{c.at, c.attachment}
	e, found, err := d.find(c, key)
	if err == nil && !found {
		err = driver.ErrNotFound
	}
	if err != nil {
		d.Done(r)
		return driver.Reading{}, err
	}
	d.race.acquire()
	r.Bytes, r.Version = e.value, e.stamp
	return r, nil
}

// Done ends a reading. Of a large value we may have been the last to keep it.
func (d *Dict) Done(r driver.Reading) {
	o := d.Object
	o.giveCell(cell{r.Own[0], r.Own[1]})
	if len(r.Bytes) > mostInline {
		o.collect()
	}
	o.s.ends()
}

// find looks for a key, and protects what it finds by the cell.
func (d *dict) find(c cell, key []byte) (e entryOf, found bool, err error) {
	a, h := d.o.s.a, d.hash(key)
	shard := d.shard(h)
	for {
		epoch, size := d.now(), a.Load(shard.size)
		if !isOf(size, epoch) {
			if d.now() == epoch {
				return e, false, nil
			}
			continue
		}
		off, err := d.bucket(shard, indexOf(d.low(h), uint64(uint32(size))))
		if err != nil {
			return e, false, err
		}
		e, found, err = d.findIn(c, off, epoch, h, key)
		switch {
		case errors.Is(err, errAnew):
		case err != nil || found || a.Load(shard.size) == size || broken == dictMissesBlindly:
			return e, found, err
		}
	}
}

// findIn looks for a key in one bucket: errAnew where that has changed meanwhile.
func (d *dict) findIn(c cell, off, epoch uint64, h uint32, key []byte) (e entryOf, found bool, err error) {
	p := page{d: d, cell: c, off: off, epoch: epoch}
	content, err := p.open()
	if err != nil {
		return e, false, err
	}
	return lookup(content, h, key, func(b block) (k, v []byte, err error) {
		k, v, err = p.body(b)
		if err == nil && !bytes.Equal(k, key) {
			err = p.back()
		}
		return k, v, err
	})
}

// A page is what a bucket named at one moment, protected by a cell: its block, or one of
// its bodies.
type page struct {
	d          *dict
	cell       cell
	off, epoch uint64 // the bucket's word, and the epoch that its shard is of
	word       uint64
}

// open returns the bucket's content.
func (p *page) open() ([]byte, error) {
	p.word = p.d.o.protect(p.cell, p.off)
	return p.d.o.s.content(p.word)
}

// body goes on to one of its bodies; the content is not to be read any more.
func (p *page) body(b block) (key, value []byte, err error) {
	s := p.d.o.s
	s.a.Store(p.cell.at, uint64(b))
	if s.a.Load(p.off) != p.word || p.d.now() != p.epoch {
		return nil, nil, errAnew
	}
	return s.readBody(b)
}

// back goes back to the content.
func (p *page) back() error {
	a := p.d.o.s.a
	if a.Store(p.cell.at, p.word&blockMask); a.Load(p.off) != p.word {
		return errAnew
	}
	return nil
}
