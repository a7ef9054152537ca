//go:build linux

package ipc_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { stormChecks = append(stormChecks, checkStormQueues) }

// enter adds n to a number in the books.
func (st *storm) enter(name string, n int) error {
	number, err := ipc.OpenInt64(background, st.s, name)
	if err == nil && n > 0 {
		_, err = number.Add(background, int64(n))
	}
	return err
}

// stormOrder has the last number that this process had of each producer, by queue.
var stormOrder = map[string]map[int]int64{stormQueue: {}, stormLoans: {}}

// see looks at an element that came, and writes down that it came: at which attempt,
// and whether it is done. What is done must not come again, nothing may come twice at
// the same attempt, and what comes for the first time comes in its producer's order.
func (st *storm) see(queue string, e errand, attempt int, done bool) error {
	if err := isFilled(e.Rest); err != nil {
		return err
	}
	const numbers = 1 << 16 // that are remembered, of the last ones
	seen, err := ipc.OpenArray[int64](background, st.s, queue+": seen", numbers)
	if err != nil {
		return err
	}
	now := e.Number<<8 | int64(attempt)<<1
	if done {
		now |= 1
	}
	old := atomic.SwapInt64(&seen.Slice()[e.Number%numbers], now)
	if old>>8 == e.Number && (old&1 != 0 || old >= now) {
		return fmt.Errorf("%s: errand %d came at attempt %d, and before at attempt %d, done: %v", queue, e.Number, attempt, old&0xff>>1, old&1 != 0)
	}
	last := stormOrder[queue]
	if attempt == 1 && last[e.Producer] >= e.Number && old>>8 != e.Number {
		return fmt.Errorf("%s: errand %d of process %d came after its %d", queue, e.Number, e.Producer, last[e.Producer])
	}
	if attempt == 1 {
		last[e.Producer] = max(last[e.Producer], e.Number)
	}
	return nil
}

// checkStormQueues takes what is left, and looks whether all that was put came out, but
// for what the dead were about to do.
func checkStormQueues(t *testing.T, s *ipc.Space, kills int) {
	q, err := ipc.OpenQueue[errand](background, s, stormQueue, ipc.QueueConfig{Cap: stormCap})
	must(t, err)
	loans, err := ipc.OpenQueue[errand](background, s, stormLoans, stormLent)
	must(t, err)
	letters, err := ipc.OpenQueue[errand](background, s, stormDeadLetters, ipc.QueueConfig{})
	must(t, err)
	checkBooks(t, s, stormQueue, drain(t, q), kills)
	checkBooks(t, s, stormLoans, drain(t, loans)+drain(t, letters), kills)
	again, back := stormNumber(t, s, "lent again"), stormNumber(t, s, "given back")
	t.Logf("lent again: %d; given back: %d", again, back)
	if again > back+int64(kills*stormMost) || back == 0 {
		t.Error("more were lent again than were given back or the dead can have had")
	}
}

func checkBooks(t *testing.T, s *ipc.Space, name string, left int64, kills int) {
	put, out := stormNumber(t, s, name+": put"), stormNumber(t, s, name+": out")
	t.Logf("%s: %d put, %d came out, %d left", name, put, out, left)
	if off := put - out - left; off > int64(kills*stormMost) || -off > int64(kills*stormMost) || out == 0 {
		t.Error("what came out is not what was put")
	}
}

// drain takes all that is left, closes the queue, and finds that all is done.
func drain(t *testing.T, q *ipc.Queue[errand]) (n int64) {
	must(t, q.Close(background))
	for e, err := range q.All(background) {
		must(t, err)
		must(t, isFilled(e.Rest))
		n++
	}
	must(t, q.Join(background))
	return n
}
