//go:build linux

package ipc_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var stormHistory = flag.Int64("storm.elements", 1_000_000, "how many elements go through queues whose producers and consumers are killed and stopped")

// TestQueue_keepsItsHistoryInAStorm puts a million elements through queues while the
// producers and the consumers are killed and stopped at random, and then reads what
// all of them have written down: what was put, and what came out.
func TestQueue_keepsItsHistoryInAStorm(t *testing.T) {
	seed := *stormSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-storm.seed=%d", seed)
	each := *stormHistory / 2 / historyProducers
	t.Run("Get", func(t *testing.T) {
		h, fell := historyStorm(t, "getter", each, rand.New(rand.NewPCG(seed, 1)))
		h.checkTaken(t, fell)
	})
	t.Run("Receive", func(t *testing.T) {
		h, fell := historyStorm(t, "borrower", each, rand.New(rand.NewPCG(seed, 2)))
		h.checkLent(t, fell)
	})
}

// historyStorm has producers put each elements, and consumers of that role take them.
// It returns what they have written down, and how many elements at most consumers
// were taking, or had on loan, when they were killed.
func historyStorm(t *testing.T, role string, each int64, lots *rand.Rand) (h *history, fell int64) {
	s := family(t)
	h, err := openHistory(s, each)
	must(t, err)
	t.Cleanup(func() { h.delete(s) })
	children := make([]*child, historyProducers+historyConsumers)
	began := func(i int) {
		name, which := "history "+role, i-historyProducers
		if i < historyProducers {
			name, which = "history producer", i
		}
		children[i] = start(t, name)
		children[i].tell("%d %d %d", which, each, lots.Uint64())
	}
	for i := range children {
		began(i)
	}
	kills, stops, closed := 0, 0, false
	for storm := time.Now(); ; {
		time.Sleep(time.Duration(lots.IntN(2_000_000))) // how long the weather holds, not to make anything likely
		if h.ended(0, historyProducers) && !closed {
			must(t, h.queue.Close(background))
			closed = true
		}
		if h.ended(0, len(children)) {
			took := time.Since(storm)
			t.Logf("%d elements in %v (%.0f a second), %d kills, %d stops",
				each*historyProducers, took, float64(each*historyProducers)/took.Seconds(), kills, stops)
			break
		}
		i := lots.IntN(len(children))
		c := children[i]
		switch h.state(i) {
		case processEnded:
			continue
		case processFailed:
			t.Fatalf("process %d says: %s", i, c.hear())
		}
		if lots.IntN(3) == 0 {
			c.signal(syscall.SIGSTOP)
			stops++
			time.Sleep(time.Duration(lots.IntN(5_000_000)))
			c.signal(syscall.SIGCONT)
			continue
		}
		c.kill()
		kills++
		fell += atomic.LoadInt64(&h.taking[i])
		atomic.StoreInt64(&h.taking[i], 0)
		began(i)
	}
	for i, c := range children {
		if h.state(i) == processFailed {
			t.Errorf("process %d says: %s", i, c.hear())
		}
		c.kill()
	}
	must(t, h.queue.Join(background))
	if n, err := h.queue.Len(background); n != 0 || err != nil {
		t.Errorf("%d elements are left (%v)", n, err)
	}
	return h, fell
}

// checkTaken: of what was put, each element came out once, but for those that the dead
// were taking; nothing else came out; and no consumer saw a producer's elements in
// another order than they were put in.
func (h *history) checkTaken(t *testing.T, fell int64) {
	came := make([]int, len(h.puts))
	for which := range h.logs {
		var order [historyProducers]int64
		for e := range h.log(which) {
			h.checkPut(t, e)
			if came[h.index(e)]++; came[h.index(e)] > 1 {
				t.Errorf("%v came out %d times", e, came[h.index(e)])
			}
			e.checkOrder(t, which, &order)
		}
	}
	lost := int64(0)
	for i, put := range h.puts {
		if put == putDone && came[i] == 0 {
			lost++
		}
	}
	t.Logf("%d elements lost; at most %d can have been under way to consumers that were killed", lost, fell)
	if lost > fell {
		t.Error("more are lost than the dead can have taken along")
	}
}

// checkLent: of what was put, each element was lent until it was acknowledged once,
// without exception; it was lent again only when it had been given back or its
// borrower was killed; and nobody saw what was lent for the first time in another
// order than it was put in.
func (h *history) checkLent(t *testing.T, fell int64) {
	type life struct{ lent, naked, acked int64 }
	lives := make([]life, len(h.puts))
	times := map[historyEntry]bool{} // lent again
	for which := range h.logs {
		var order [historyProducers]int64
		for e := range h.log(which) {
			h.checkPut(t, e)
			l := &lives[h.index(e)]
			switch e.kind() {
			case nakedEntry:
				l.naked++
			case ackedEntry:
				if l.acked != 0 {
					t.Errorf("%v is acknowledged, and was before at attempt %d", e, l.acked)
				}
				l.acked = e.attempt()
			case lentEntry:
				if times[e] {
					t.Errorf("%v was lent twice at that attempt", e)
				}
				times[e] = true
				l.lent = max(l.lent, e.attempt())
				if e.attempt() == 1 {
					e.checkOrder(t, which, &order)
				}
			}
		}
	}
	back, naked, unknown := int64(0), int64(0), int64(0)
	for i, l := range lives {
		switch {
		case l.lent == 0 && h.puts[i] == putDone:
			t.Errorf("number %d of producer %d is lost", int64(i)%h.each, int64(i)/h.each)
		case l.lent == 0:
			continue // its producer was killed first
		case l.acked == 0:
			unknown++ // whoever had it was killed before writing down that it acknowledged it
		case l.acked != l.lent:
			t.Errorf("number %d of producer %d was acknowledged at attempt %d and lent at attempt %d", int64(i)%h.each, int64(i)/h.each, l.acked, l.lent)
		}
		back += l.lent - 1
		naked += l.naked
	}
	t.Logf("lent again: %d; given back: %d, on loan to the dead: at most %d; perhaps acknowledged: %d", back, naked, fell, unknown)
	if back > naked+fell || unknown > fell {
		t.Error("more were lent again, or never acknowledged, than were given back or the dead had on loan")
	}
	if naked == 0 {
		t.Error("nothing was given back")
	}
}

func (h *history) checkPut(t *testing.T, e historyEntry) {
	t.Helper()
	if e.producer() >= historyProducers || e.number() >= h.each || h.puts[h.index(e)] == notPut {
		t.Fatalf("%v came out, but was never put", e)
	}
}

// checkOrder looks whether a consumer takes a producer's elements in their order.
func (e historyEntry) checkOrder(t *testing.T, which int, order *[historyProducers]int64) {
	t.Helper()
	if last := &order[e.producer()]; e.number()+1 <= *last {
		t.Errorf("consumer %d had number %d of that producer before %v", which, *last-1, e)
	} else {
		*last = e.number() + 1
	}
}

func (e historyEntry) String() string {
	return fmt.Sprintf("number %d of producer %d, attempt %d,", e.number(), e.producer(), e.attempt())
}
