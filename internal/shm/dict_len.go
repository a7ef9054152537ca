package shm

import (
	"context"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// Len is the sum of what the shards' stands say, if between a look at all of them and a
// second one none has changed: then that is how many there were at one moment. Nobody
// waits for it, and it waits for nobody who is stopped; but where others change the dict
// all the time they are asked, by hush, to pause for a moment. That is a request and
// nothing hangs on it: who has paused long enough takes it back.
//
//	{0} -> {owner of who counts} -> {0} by anybody

const (
	lenTries   = 4   // before it asks for quiet
	hushYields = 100 // of one who pauses
)

// A tally is what a look at all shards has found.
type tally struct {
	epoch  uint64
	n      int
	torn   bool // a shard changed while it was looked at
	shards [dictMostShards]shardTally
}

type shardTally struct {
	op, size  uint64
	committed bool
}

// Len counts the entries.
func (d *Dict) Len(ctx context.Context) (int, error) {
	o := d.Object
	if !o.s.begins() {
		return 0, driver.ErrClosed
	}
	defer o.s.ends()
	first := d.tally()
	for try := 1; ; try++ {
		if err := o.gone(); err != nil {
			return 0, err
		}
		second := d.tally()
		if first == second && !second.torn || broken == dictCountsOnce {
			if try > lenTries {
				o.s.a.CompareAndSwap(d.root+dictHush, o.s.me.high(), 0)
			}
			o.race.acquire()
			return second.n, nil
		}
		first = second
		if arena.Ended(ctx.Done()) {
			return 0, orCause(ctx, errGaveUp)
		}
		if try >= lenTries {
			o.s.a.CompareAndSwap(d.root+dictHush, 0, o.s.me.high())
		}
		if try > lenTries {
			runtime.Gosched()
		}
	}
}

func (d *dict) tally() (t tally) {
	t.epoch = d.now()
	for k := range d.shards {
		one, n, whole := d.tallyOf(&d.shards[k])
		if t.shards[k] = one; isOf(one.size, t.epoch) {
			t.n += n
		}
		t.torn = t.torn || !whole
	}
	return t
}

func (d *dict) tallyOf(shard *dictShard) (t shardTally, n int, whole bool) {
	a := d.o.s.a
	t.op, t.size = a.Load(shard.at+standOp), a.Load(shard.size)
	count := a.Glance(shard.at + standCount)
	if t.op&opUnderWay != 0 {
		off, old, after := a.Glance(shard.at+standOff), a.Glance(shard.old(0)), a.Glance(shard.at+standAfter)
		if off%8 == 0 && d.o.s.inHeap(off, 8) {
			t.committed = a.Load(off) != old
		}
		if t.committed {
			count = after
		}
	}
	return t, int(count), a.Load(shard.at+standOp) == t.op
}

// heed lets somebody count who has asked for it.
func (d *dict) heed() {
	a := d.o.s.a
	asked := a.Load(d.root + dictHush)
	if asked == 0 {
		return
	}
	for try := 0; try < hushYields && !a.Hooked() && a.Load(d.root+dictHush) == asked; try++ {
		runtime.Gosched()
		arena.YieldProcessor()
	}
	a.CompareAndSwap(d.root+dictHush, asked, 0)
}
