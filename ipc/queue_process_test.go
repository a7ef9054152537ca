//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["queue"] = queuer
	roles["queue counter"] = queueCounter
}

// queuer does with the queue "q" as it is told, an element a time.
func queuer(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	q, err := ipc.OpenQueue[string](background, s, "q", ipc.QueueConfig{})
	if err != nil {
		return err
	}
	var on []*ipc.Delivery[string]
	for {
		var verb, element string
		if _, err := fmt.Sscan(hear()+" .", &verb, &element); err != nil {
			return err
		}
		said := verb
		switch verb {
		case "put":
			err = q.Put(background, element)
		case "exit":
			return q.Put(background, element)
		case "get":
			said, err = q.Get(background)
		case "receive":
			var d *ipc.Delivery[string]
			if d, err = q.Receive(background); err == nil {
				on = append(on, d)
				said = fmt.Sprint(d.Value, " ", d.Attempt)
			}
		case "ack":
			err = on[0].Ack(background)
			on = on[1:]
		}
		if err != nil {
			return err
		}
		say("%s", said)
	}
}

func TestReceive_whatADeadConsumerHadComesBackAheadAndInOrder(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{})
	for _, e := range []string{"a", "b", "c", "d", "e"} {
		must(t, q.Put(background, e))
	}
	c := start(t, "queue")
	for _, e := range []string{"a", "b", "c", "d"} {
		c.tell("receive")
		c.expect(e + " 1")
	}
	c.tell("ack")
	c.expect("ack")
	if n, err := q.Len(background); n != 1 || err != nil {
		t.Errorf("%d elements are there (%v)", n, err)
	}
	c.kill()
	c.invitation.Ended() // so that it is known
	for _, e := range []string{"b", "c", "d"} {
		if d := receive(t, q); d.Value != e || d.Attempt != 2 {
			t.Errorf("got %q, attempt %d; want %q", d.Value, d.Attempt, e)
		}
	}
	if d := receive(t, q); d.Value != "e" || d.Attempt != 1 {
		t.Errorf("got %q, attempt %d", d.Value, d.Attempt)
	}
	if d, err := q.TryReceive(background); !errors.Is(err, ipc.ErrEmpty) {
		t.Errorf("and then %v (%v)", d, err)
	}
	must(t, family(t).Check(background))
}

func TestReceive_whoWaitsGetsWhatADeadConsumerHad(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{})
	must(t, q.Put(background, "a"))
	c := start(t, "queue")
	c.tell("receive")
	c.expect("a 1")
	for attempt := 2; attempt < 6; attempt++ {
		next := start(t, "queue")
		next.tell("receive")
		untilWaiters(t, "q", 1)
		c.kill()
		next.expect(fmt.Sprint("a ", attempt))
		c = next
	}
	c.tell("ack")
	c.expect("ack")
	must(t, q.Join(background))
	must(t, family(t).Check(background))
}

func TestPut_whoseProcessEndsAtOnceLeavesTheElement(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{})
	for i := range 10 {
		c := start(t, "queue", "GORACE=atexit_sleep_ms=0")
		c.tell("exit %d", i)
		must(t, c.wait())
		got, err := q.TryGet(background)
		if got != fmt.Sprint(i) || err != nil {
			t.Errorf("got %q (%v), want %d", got, err, i)
		}
	}
}

func TestQueue_oneThatIsKilledWhileItWaitsDisturbsNobody(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{Cap: 2})
	var getters, putters []*child
	for range 4 {
		c := start(t, "queue")
		c.tell("get")
		getters = append(getters, c)
	}
	untilWaiters(t, "q", 4)
	getters[0].kill()
	getters[2].kill()
	must(t, q.Put(background, "a"))
	must(t, q.Put(background, "a"))
	getters[1].expect("a")
	getters[3].expect("a")
	must(t, q.Put(background, "b"))
	must(t, q.Put(background, "b"))
	for range 4 {
		c := start(t, "queue")
		c.tell("put c")
		putters = append(putters, c)
	}
	untilWaiters(t, "q", 4)
	putters[1].kill()
	putters[3].kill()
	for _, want := range []string{"b", "b", "c", "c"} {
		if got := get(t, q); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	putters[0].expect("put")
	putters[2].expect("put")
	if got, err := q.TryGet(background); !errors.Is(err, ipc.ErrEmpty) {
		t.Errorf("and then %q (%v)", got, err)
	}
	must(t, family(t).Check(background))
}

func TestReceive_aStoppedConsumerKeepsWhatItHasAndNothingElse(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{Cap: 3})
	must(t, q.Put(background, "a"))
	c := start(t, "queue")
	c.tell("receive")
	c.expect("a 1")
	c.signal(syscall.SIGSTOP)
	for i := range 1000 {
		must(t, q.Put(background, fmt.Sprint(i)))
		d := receive(t, q)
		if d.Value != fmt.Sprint(i) || d.Attempt != 1 {
			t.Fatalf("got %q, attempt %d", d.Value, d.Attempt)
		}
		must(t, d.Ack(background))
	}
	if err := q.Join(ended()); !errors.Is(err, context.Canceled) {
		t.Errorf("Join with a loan of a stopped process: %v", err)
	}
	c.signal(syscall.SIGCONT)
	c.tell("ack")
	c.expect("ack")
	must(t, q.Join(background))
}

func TestQueue_goesOnWhenAWaiterIsStopped(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{})
	stopped, other := start(t, "queue"), start(t, "queue")
	stopped.tell("get")
	untilWaiters(t, "q", 1)
	other.tell("get")
	untilWaiters(t, "q", 2)
	stopped.signal(syscall.SIGSTOP)
	must(t, q.Put(background, "a")) // which may wake the one that is stopped
	other.expect("a")
	must(t, q.Put(background, "b"))
	stopped.signal(syscall.SIGCONT)
	stopped.expect("b")
}

// queueCounter puts as many numbers as it is told, some alone and some in batches.
func queueCounter(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	q, err := ipc.OpenQueue[uint64](background, s, "counted", ipc.QueueConfig{})
	if err != nil {
		return err
	}
	var who, times uint64
	if _, err := fmt.Sscan(hear(), &who, &times); err != nil {
		return err
	}
	batch := make([]uint64, 0, 100)
	for n := range times {
		if n%1000 < 100 {
			if err := q.Put(background, who<<32|n); err != nil {
				return err
			}
			continue
		}
		if batch = append(batch, who<<32|n); len(batch) == cap(batch) {
			if _, err := q.PutBatch(background, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	say("done")
	hear()
	return nil
}

func TestQueue_millionsOfElementsComeOnceAndInOrder(t *testing.T) {
	const producers, times = 2, 1_000_000
	q := openQueue[uint64](t, "counted", ipc.QueueConfig{})
	for who := range producers {
		c := start(t, "queue counter")
		c.tell("%d %d", who, times)
	}
	var next [producers]uint64
	var one uint64
	check := func(n uint64) {
		if who := n >> 32; n&(1<<32-1) != next[who] {
			t.Fatalf("of producer %d came %d, want %d", who, n&(1<<32-1), next[who])
		}
		next[n>>32]++
	}
	for next[0] < times || next[1] < times {
		must(t, q.GetInto(background, &one))
		check(one)
		for range 3 {
			if next[0] == times && next[1] == times {
				break
			}
			batch, err := q.GetBatch(background, 300)
			must(t, err)
			for _, n := range batch {
				check(n)
			}
		}
	}
	if n, err := q.Len(background); n != 0 || err != nil {
		t.Errorf("%d are left (%v)", n, err)
	}
}

func TestQueue_memoryFollowsWhatIsInIt(t *testing.T) {
	q := openQueue[[]byte](t, "", ipc.QueueConfig{Cap: 3000})
	small, large := make([]byte, 500), make([]byte, 200_000)
	const content = 2000*500 + 200*200_000
	const kept = 14 * 2 << 20 // chunks that a process keeps for what comes next
	before := usedBytes(t)
	for round := range 20 {
		for i := range 2000 {
			must(t, q.Put(background, small))
			if i%10 == 0 {
				must(t, q.Put(background, large))
			}
		}
		if full := usedBytes(t) - before; full < content-kept || full > 2*content {
			t.Errorf("round %d: %d bytes are in use for %d in the queue", round, full, content)
		}
		for left := 2200; left > 0; {
			got, err := q.GetBatch(background, 100)
			must(t, err)
			left -= len(got)
		}
		if empty := usedBytes(t) - before; empty > kept {
			t.Fatalf("round %d: %d bytes are in use for an empty queue", round, empty)
		}
	}
}
