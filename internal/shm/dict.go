package shm

import (
	"context"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/dchest/siphash"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Dict is a hash table whose buckets are words. Each names an immutable block with all
// the entries that the bucket has, see dict_bucket.go; so a change is one word's, and
// who reads waits for nobody. Those who change something do so one at a time in each
// shard, which the first bits of a key's hash choose: a shard has a stand.
//
// The entry's word entRoot names the block that all else hangs on:
//
//	epoch     one more each time the dict is cleared
//	hush      asks those who change something to let somebody count, see dict_len.go
//	shards    names the block of the shards
//	segments  name the blocks of the buckets, but for those that each shard has itself
//
// A shard, after its stand:
//
//	size      bits 0-31 how many buckets it has, bits 32-63 the epoch that they are of
//	buckets   the first four
//
// A shard of another epoch is empty, whatever is in its buckets: who comes next to change
// something wipes it. Buckets never move, and their memory is kept as long as the dict:
// some 2 bytes for each element there ever were at one time. They grow in number one at a
// time: see dict_grow.go.
type Dict struct {
	*Object
	*dict
}

// A dict is what the handles of one process share.
type dict struct {
	o        *Object
	root     uint64 // where the root block is
	shards   []dictShard
	bits     int                         // of a hash that choose a bucket in its shard
	segments [dictSegments]atomic.Uint64 // where they begin; 0: not known yet
	load     uint64                      // entries in a bucket on average, before there is one more
}

type dictShard struct {
	stand
	size uint64 // where its word is
	k    uint64
}

const (
	dictEpoch    = 8 * iota
	dictHush     //
	dictShards   //
	dictSegment0 //

	dictSegments = 26
	dictBase     = 4 // buckets that a shard has itself
	dictBase0    = dictShardSize - 8*dictBase

	dictMostShards = 64
	dictLoad       = 6

	dictShardSize = 192
)

// dictShape is a stand with one old block besides the bucket's, and one new: an entry's
// body.
var dictShape = standShape{olds: 2, news: 1, ring: 8}

func init() {
	kinds[DictKind] = kindOf{
		name: "dict", patience: lockPatience,
		joins: (*Space).clearShares, furnish: furnishDict, strip: stripDict, recover: recoverDict, doom: doomDict,
		check: checkDict, picture: pictureDict,
	}
}

// OpenDict attaches to a dict, or makes it.
func (s *Space) OpenDict(ctx context.Context, which driver.Which, of driver.Type) (driver.Dict, error) {
	o, err := s.openWhich(ctx, which, specOfType(DictKind, of))
	if err != nil {
		return nil, err
	}
	if o.dict == nil {
		return nil, fmt.Errorf("%w: dict %q has no memory", driver.ErrCorrupt, o.name)
	}
	return &Dict{o, o.dict}, nil
}

// dictShards is how many shards the dicts of a space have: fewer where it is small.
func (l *layout) dictShards() uint64 {
	n := min(dictMostShards, max(1, l.chunkSize/2/dictShardSize))
	return 1 << (bits.Len64(n) - 1)
}

// dictLoad is how many entries a bucket of theirs has, on average, before there is one
// more bucket.
func (l *layout) dictLoad() uint64 {
	if l.chunkSize < 64<<10 {
		return 1
	}
	return dictLoad
}

// openDict returns what this process needs to use the dict that o is, nil if there is
// none.
func (s *Space) openDict(o *Object) *dict {
	root := s.root(o.i)
	if o.spec.Kind != DictKind || root == 0 {
		return nil
	}
	n := s.dictShards()
	at := block(s.a.Load(root+dictShards) & blockMask).offset()
	if !s.inHeap(at, n*dictShardSize) {
		return nil
	}
	d := &dict{o: o, root: root, shards: make([]dictShard, n), load: s.dictLoad(), bits: 33 - bits.Len64(n)}
	for k := range d.shards {
		shard := at + uint64(k)*dictShardSize
		d.shards[k] = dictShard{o.stand(shard, dictShape), shard + dictBase0 - 8, uint64(k)}
	}
	return d
}

// inHeap reports whether n bytes at at are the heap's.
func (s *Space) inHeap(at, n uint64) bool {
	end := s.chunkAt + s.chunks*s.chunkSize
	return at >= s.chunkAt && at%8 == 0 && n <= end && at <= end-n
}

// hash is a key's. Who does not know the space's seed cannot choose keys of the same one.
func (d *dict) hash(key []byte) uint32 {
	return uint32(siphash.Hash(d.o.s.seed, dictKey, key))
}

const dictKey = 0x64_69_63_74_20_6b_65_79 // the other half of the key to the hashes: "dict key"

// shard is the one that has the keys of hash h.
func (d *dict) shard(h uint32) *dictShard { return &d.shards[uint64(h)>>d.bits] }

// low are the bits of h that choose a bucket in its shard.
func (d *dict) low(h uint32) uint64 { return uint64(h) & (1<<d.bits - 1) }

// now is the epoch.
func (d *dict) now() uint64 { return d.o.s.a.Load(d.root + dictEpoch) }

// dictSize is a shard's size word: n buckets, of that epoch.
func dictSize(epoch, n uint64) uint64 { return epoch<<32 | n }

// isOf reports whether a shard whose size word is size is of that epoch.
func isOf(size, epoch uint64) bool { return size>>32 == epoch&(1<<32-1) }

// furnishDict makes an empty dict's blocks.
func furnishDict(s *Space, i int, _ Spec) error {
	names := s.object(i) + entRoot
	root, err := s.alloc(rootSize, names)
	if err != nil {
		return err
	}
	s.zero(root.offset(), rootSize)
	s.a.Store(names, uint64(root))
	s.settle(root)
	names = root.offset() + dictShards
	n := s.dictShards()
	shards, err := s.alloc(n*dictShardSize, names)
	if err != nil {
		return err
	}
	s.zero(shards.offset(), n*dictShardSize)
	for k := range n {
		s.a.Write(shards.offset()+k*dictShardSize+dictBase0-8, dictSize(0, dictBase))
	}
	s.a.Store(names, uint64(shards))
	s.settle(shards)
	return nil
}

// zero clears n bytes of a block that only we know.
func (s *Space) zero(at, n uint64) {
	if !s.a.Hooked() {
		clear(s.a.Bytes(at, n))
		return
	}
	for off := at; off < at+n; off += 8 {
		s.a.Store(off, 0)
	}
}

// recoverDict is the sweep's part: the dead are in no stand any more.
func recoverDict(s *Space, i int, meta uint64, dead owner) bool {
	attached := false
	for attachment := range s.attachments(i, meta) {
		attached = attached || ownerOf(s.a.Load(attachment)) == dead
	}
	if !attached || s.me == 0 {
		return attached // who comes to the stand finds its owner dead
	}
	mine, err := s.borrow(i, meta)
	if err != nil {
		return true
	}
	defer s.giveBack(i, meta, mine)
	d := s.openDict(&Object{s: s, i: i, at: s.object(i), meta: meta, spec: s.specOf(i)})
	if d == nil {
		return true
	}
	for k := range d.shards {
		s.freeSection(d.shards[k].at, dead)
		s.a.Wake(d.shards[k].at, 1) // which it may have been woken for
	}
	return true
}

// doomDict tells those who wait to change something that the dict is deleted.
func doomDict(s *Space, at uint64) {
	i := int((at - s.objectAt) / objectSize)
	d := s.openDict(&Object{s: s, i: i, at: at, spec: s.specOf(i)})
	if d == nil {
		return
	}
	for k := range d.shards {
		s.setFlag(d.shards[k].at, sectionDeleted)
		if broken != doomSilently {
			s.a.Wake(d.shards[k].at, everyone)
		}
	}
}
