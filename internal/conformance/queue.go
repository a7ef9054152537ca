package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var queueTests = tests{
	"a queue loses and doubles nothing, and keeps the order": queueOrder,
	"a queue is full and empty":                              queueBound,
	"a queue holds elements of every size":                   queueSizes,
	"what a queue has no memory for loses nothing":           queueNoSpace,
	"a queue's memory comes back":                            queueMemory,
	"putters wait for room, getters for elements":            queueWaits,
	"contexts end waits for a queue":                         queueContexts,
	"batches are put and taken in order":                     queueBatches,
	"a batch has elements of many sizes":                     queueMixedBatch,
	"another configuration of a queue is ErrMismatch":        queueMismatch,
	"configurations that cannot be are errors":               queueImpossible,
	"a closed queue gives what is left":                      queueClosed,
	"a queue is joined when all is done":                     queueJoin,
	"a deleted queue is ErrClosed":                           queueDeleted,
	"a queue of a closed space is ErrClosed":                 queueSpaceClosed,
	"stats tell of queues":                                   queueStats,
}

func queue(t *testing.T, s driver.Space, name string, cfg driver.QueueConfig) driver.Queue {
	t.Helper()
	q, err := s.OpenQueue(background, named(name), bytesType, cfg)
	must(t, err)
	return q
}

// small is for queues that are to be full soon.
var small = driver.QueueConfig{Cap: 3}

func put(t *testing.T, q driver.Queue, elements ...string) {
	t.Helper()
	for _, e := range elements {
		must(t, q.Put(background, []byte(e)))
	}
}

func gets(t *testing.T, q driver.Queue, want ...string) {
	t.Helper()
	for _, w := range want {
		got, err := q.Get(background, []byte("to:"))
		must(t, err)
		if string(got) != "to:"+w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
}

func length(t *testing.T, q driver.Queue, want int) {
	t.Helper()
	if n, err := q.Len(); n != want || err != nil {
		t.Errorf("%d elements (%v), want %d", n, err, want)
	}
}

// waiting returns once n goroutines wait for the object of that name.
func waiting(t *testing.T, s driver.Space, name string, n int) {
	t.Helper()
	for {
		stats, err := s.Stats(background)
		must(t, err)
		for _, o := range stats.Objects {
			if o.Name == name && o.Waiters == n {
				return
			}
		}
	}
}

// ended is a context for what must not wait.
func ended() context.Context {
	ctx, cancel := context.WithCancel(background)
	cancel()
	return ctx
}

func queueOrder(t *testing.T, attach func() driver.Space) {
	const producers, times = 2, 200
	cfg := driver.QueueConfig{Cap: 16}
	var putting, getting sync.WaitGroup
	for p := range producers {
		s := attach()
		for g := range 2 {
			q := queue(t, s, "q", cfg)
			putting.Go(func() {
				for i := range times {
					if err := q.Put(background, fmt.Append(nil, p*2+g, " ", i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	takers := []func(driver.Queue) ([]byte, error){
		func(q driver.Queue) ([]byte, error) { return q.Get(background, nil) },
		func(q driver.Queue) ([]byte, error) {
			l, err := q.Receive(background)
			if err == nil {
				err = q.Ack(background, l)
			}
			return l.Data, err
		},
	}
	taken := make([][]string, 2*len(takers))
	for k, take := range takers {
		s := attach()
		for g := range 2 {
			q := queue(t, s, "q", cfg)
			getting.Go(func() {
				for {
					data, err := take(q)
					if errors.Is(err, driver.ErrDone) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					taken[2*k+g] = append(taken[2*k+g], string(data))
				}
			})
		}
	}
	putting.Wait()
	must(t, queue(t, attach(), "q", cfg).Close(background))
	getting.Wait()
	seen := map[string]bool{}
	for _, elements := range taken {
		last := map[int]int{}
		for _, e := range elements {
			var p, i int
			if _, err := fmt.Sscan(e, &p, &i); err != nil || seen[e] || i < last[p] {
				t.Fatalf("%q is doubled, or comes after element %d of its producer (%v)", e, last[p], err)
			}
			seen[e], last[p] = true, i
		}
	}
	if want := producers * 2 * times; len(seen) != want {
		t.Errorf("%d elements came, want %d", len(seen), want)
	}
}

func queueBound(t *testing.T, attach func() driver.Space) {
	q, other := queue(t, attach(), "q", small), queue(t, attach(), "q", small)
	if q.Cap() != 3 || other.Cap() != 3 {
		t.Errorf("room for %d and %d", q.Cap(), other.Cap())
	}
	_, err := other.TryGet(nil)
	is(t, err, driver.ErrEmpty)
	_, err = other.TryReceive()
	is(t, err, driver.ErrEmpty)
	put(t, q, "a", "b")
	must(t, other.TryPut([]byte("c")))
	is(t, q.TryPut([]byte("d")), driver.ErrFull)
	is(t, q.TryPut(make([]byte, 20_000)), driver.ErrFull)
	length(t, q, 3)
	l, err := other.TryReceive()
	must(t, err)
	length(t, q, 2)
	is(t, q.TryPut([]byte("d")), driver.ErrFull) // what is on loan has its place still
	must(t, other.Ack(background, l))
	must(t, q.TryPut([]byte("d")))
	gets(t, other, "b", "c", "d")
	length(t, other, 0)
	_, err = q.TryGet(nil)
	is(t, err, driver.ErrEmpty)
}

// element is one whose bytes tell its size.
func element(size int) []byte { return bytes.Repeat([]byte{byte(size % 251)}, size) }

func queueSizes(t *testing.T, attach func() driver.Space) {
	sizes := []int{0, 1, 7, 8, 9, 100, 112, 113, 120, 4000, 4030, 4031, 4032, 4033, 4072, 4080, 4088, 4095, 4096, 4097, 4200, 16_000, 16 << 10, 30_000}
	q, other := queue(t, attach(), "q", driver.QueueConfig{}), queue(t, attach(), "q", driver.QueueConfig{})
	for _, size := range sizes {
		must(t, q.Put(background, element(size)))
	}
	for i, size := range sizes {
		var got []byte
		var err error
		if i%2 == 0 {
			got, err = other.Get(background, nil)
		} else {
			var l driver.Loan
			l, err = other.Receive(background)
			must(t, err)
			got, err = l.Data, other.Ack(background, l)
		}
		if !bytes.Equal(got, element(size)) || err != nil {
			t.Errorf("%d bytes came back as %d (%v)", size, len(got), err)
		}
	}
	for _, size := range []int{60_000, 1 << 20, 8 << 20} { // some of the suite's spaces have no room for them
		err := q.Put(background, element(size))
		if errors.Is(err, driver.ErrTooLarge) || errors.Is(err, driver.ErrNoSpace) {
			if !strings.Contains(err.Error(), fmt.Sprint(size, " bytes")) {
				t.Errorf("the size is not named: %v", err)
			}
			continue
		}
		must(t, err)
		if got, err := other.Get(background, []byte("x")); !bytes.Equal(got[1:], element(size)) || err != nil {
			t.Errorf("%d bytes came back as %d (%v)", size, len(got)-1, err)
		}
	}
	length(t, q, 0)
}

func queueNoSpace(t *testing.T, attach func() driver.Space) {
	q, other := queue(t, attach(), "q", driver.QueueConfig{}), queue(t, attach(), "q", driver.QueueConfig{})
	const size = 16 << 20 // more than any space that the suite runs in
	for round := range 3 {
		put(t, q, "first")
		var err error
		n := 0
		for ; err == nil; n++ {
			err = q.Put(background, element(30_000))
		}
		is(t, err, driver.ErrNoSpace)
		if !strings.Contains(err.Error(), "30000 bytes") {
			t.Errorf("the size is not named: %v", err)
		}
		length(t, other, n) // with the first, without the last
		gets(t, other, "first")
		for range n - 1 {
			if got, err := other.Get(background, nil); !bytes.Equal(got, element(30_000)) || err != nil {
				t.Fatalf("round %d: %d bytes (%v)", round, len(got), err)
			}
		}
	}
	put(t, q, "a")
	n, err := q.PutBatch(background, [][]byte{[]byte("b"), make([]byte, size), []byte("c")})
	if !errors.Is(err, driver.ErrTooLarge) && !errors.Is(err, driver.ErrNoSpace) || n != 1 {
		t.Errorf("%d of a batch were put: %v", n, err)
	}
	put(t, q, "d")
	gets(t, other, "a", "b", "d")
}

func queueMemory(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", driver.QueueConfig{}), queue(t, attach(), "q", driver.QueueConfig{})
	first := int64(0)
	for round := range 8 {
		for i := range 300 {
			must(t, q.Put(background, element(i*37%1500)))
			if i%30 == 0 {
				must(t, q.Put(background, element(10_000)))
			}
		}
		n, err := q.Len()
		must(t, err)
		for range n {
			_, err := other.Get(background, nil)
			must(t, err)
		}
		stats, err := s.Stats(background)
		must(t, err)
		if round == 1 {
			first = stats.Used
		}
		if round > 1 && stats.Used > first {
			t.Errorf("after round %d %d bytes are in use, after the second %d", round, stats.Used, first)
		}
	}
}

func queueWaits(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", small), queue(t, attach(), "q", small)
	got := make(chan string, 2)
	for range 2 {
		go func() {
			data, err := other.Get(background, nil)
			got <- fmt.Sprintf("%s %v", data, err)
		}()
	}
	waiting(t, s, "q", 2)
	put(t, q, "a", "b")
	if one, two := <-got, <-got; one+two != "a <nil>b <nil>" && two+one != "a <nil>b <nil>" {
		t.Errorf("those who waited got %q and %q", one, two)
	}
	put(t, q, "c", "d", "e")
	done := make(chan error)
	go func() { done <- q.Put(background, []byte("f")) }()
	go func() { done <- q.Put(background, []byte("f")) }()
	waiting(t, s, "q", 2)
	gets(t, other, "c")
	must(t, <-done)
	l, err := other.Receive(background)
	must(t, err)
	must(t, other.Ack(background, l))
	must(t, <-done)
	gets(t, other, "e", "f", "f")
}

func queueContexts(t *testing.T, attach func() driver.Space) {
	s := attach()
	q := queue(t, s, "q", small)
	why := errors.New("why")
	for what, wait := range map[string]func(context.Context) error{
		"Get":          func(ctx context.Context) error { _, err := q.Get(ctx, nil); return err },
		"GetBatch":     func(ctx context.Context) error { _, err := q.GetBatch(ctx, 2); return err },
		"Receive":      func(ctx context.Context) error { _, err := q.Receive(ctx); return err },
		"ReceiveBatch": func(ctx context.Context) error { _, err := q.ReceiveBatch(ctx, 2); return err },
		"Put": func(ctx context.Context) error {
			full := queue(t, s, "full", driver.QueueConfig{Cap: 1})
			_ = full.TryPut(nil)
			return full.Put(ctx, nil)
		},
		"Join": func(ctx context.Context) error {
			full := queue(t, s, "full", driver.QueueConfig{Cap: 1})
			_ = full.TryPut(nil)
			return full.Join(ctx)
		},
	} {
		if err := wait(ended()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
		ctx, cancel := context.WithCancelCause(background)
		done := make(chan error)
		go func() { done <- wait(ctx) }()
		name := "q"
		if what == "Put" || what == "Join" {
			name = "full"
		}
		waiting(t, s, name, 1)
		cancel(why)
		if err := <-done; !errors.Is(err, why) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, q.Put(ended(), []byte("a"))) // which had not to wait
	if got, err := q.Get(ended(), nil); string(got) != "a" || err != nil {
		t.Errorf("%q (%v)", got, err)
	}
}

// queueMixedBatch has small elements, which share memory once they are taken, and large
// ones beside one another; who appends to one does not write into the next.
func queueMixedBatch(t *testing.T, attach func() driver.Space) {
	q := queue(t, attach(), "q", driver.QueueConfig{})
	var batch [][]byte
	for n, size := range []int{0, 30, 6991, 1, 4000, 200, 70_000, 3, 4097, 255} {
		batch = append(batch, bytes.Repeat([]byte{byte('a' + n)}, size))
	}
	for lent := range 2 {
		if n, err := q.PutBatch(background, batch); n != len(batch) || err != nil {
			t.Fatalf("%d of %d were put: %v", n, len(batch), err)
		}
		var got [][]byte
		for len(got) < len(batch) {
			if lent == 0 {
				some, err := q.GetBatch(background, len(batch))
				must(t, err)
				got = append(got, some...)
				continue
			}
			loans, err := q.ReceiveBatch(background, len(batch))
			must(t, err)
			for _, l := range loans {
				got = append(got, l.Data)
				must(t, q.Ack(background, l))
			}
		}
		for _, data := range got {
			_ = append(data, "and more"...)
		}
		for n := range batch {
			if !bytes.Equal(got[n], batch[n]) {
				t.Errorf("element %d of %d bytes came as %d: %.20q", n, len(batch[n]), len(got[n]), got[n])
			}
		}
	}
}

func queueBatches(t *testing.T, attach func() driver.Space) {
	q, other := queue(t, attach(), "q", driver.QueueConfig{Cap: 40}), queue(t, attach(), "q", driver.QueueConfig{})
	var batch [][]byte
	const times = 500
	for i := range times {
		batch = append(batch, element(i*7919%5000))
	}
	done := make(chan error)
	go func() {
		n, err := q.PutBatch(background, batch)
		if n != times && err == nil {
			err = fmt.Errorf("%d were put", n)
		}
		done <- err
	}()
	for i := 0; i < times; {
		most := 1 + i%70
		var got [][]byte
		if i%2 == 0 {
			var err error
			got, err = other.GetBatch(background, most)
			must(t, err)
		} else {
			loans, err := other.ReceiveBatch(background, most)
			must(t, err)
			for _, l := range loans {
				if l.Attempt != 1 {
					t.Errorf("attempt %d", l.Attempt)
				}
				got = append(got, l.Data)
				must(t, other.Ack(background, l))
			}
		}
		if len(got) < 1 || len(got) > most {
			t.Fatalf("a batch of %d, want 1 to %d", len(got), most)
		}
		for _, data := range got {
			if !bytes.Equal(data, batch[i]) {
				t.Fatalf("element %d came as %d bytes, not %d", i, len(data), len(batch[i]))
			}
			i++
		}
	}
	must(t, <-done)
	if n, err := q.PutBatch(background, nil); n != 0 || err != nil {
		t.Errorf("of nothing %d were put (%v)", n, err)
	}
	n, err := q.PutBatch(ended(), batch[:50])
	if n != 40 || !errors.Is(err, context.Canceled) {
		t.Errorf("where there is room for 40 %d were put: %v", n, err)
	}
	length(t, other, 40)
	if got, err := other.GetBatch(background, 1000); len(got) != 40 || err != nil {
		t.Errorf("%d elements at once (%v)", len(got), err)
	}
	must(t, q.Close(background))
	if n, err := q.PutBatch(background, batch); n != 0 || !errors.Is(err, driver.ErrClosed) {
		t.Errorf("into a closed queue %d were put (%v)", n, err)
	}
}

func queueMismatch(t *testing.T, attach func() driver.Space) {
	cfg := driver.QueueConfig{Cap: 3, MaxDeliver: 2, DeadLetters: "letters"}
	s := attach()
	queue(t, s, "q", cfg)
	other := attach()
	queue(t, other, "q", cfg)
	if q := queue(t, other, "q", driver.QueueConfig{}); q.Cap() != 3 {
		t.Errorf("room for %d", q.Cap())
	}
	for want, cfg := range map[string]driver.QueueConfig{
		"5":       {Cap: 5},
		"7":       {MaxDeliver: 7},
		"letter7": {DeadLetters: "letter7"},
	} {
		_, err := other.OpenQueue(background, named("q"), bytesType, cfg)
		if is(t, err, driver.ErrMismatch); err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named: %v", want, err)
		}
	}
	_, err := other.OpenQueue(background, named("q"), driver.Type{Name: "int", Fingerprint: [16]byte{2}}, driver.QueueConfig{})
	if is(t, err, driver.ErrMismatch); err != nil && !strings.Contains(err.Error(), "int") {
		t.Errorf("the type is not named: %v", err)
	}
	_, err = other.OpenInt64(background, named("q"))
	is(t, err, driver.ErrMismatch)
	if n := queue(t, s, "", driver.QueueConfig{}).Cap(); n != 1024 {
		t.Errorf("by default there is room for %d", n)
	}
}

func queueImpossible(t *testing.T, attach func() driver.Space) {
	s := attach()
	for want, cfg := range map[string]driver.QueueConfig{
		"Cap":         {Cap: -1},
		"MaxDeliver":  {MaxDeliver: -1, DeadLetters: "letters"},
		"DeadLetters": {MaxDeliver: 2},
		"dead":        {MaxDeliver: 2, DeadLetters: "q"},
	} {
		_, err := s.OpenQueue(background, named("q"), bytesType, cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", cfg, err)
		}
		if cfg.Cap < 0 || cfg.MaxDeliver < 0 {
			is(t, err, driver.ErrRange)
		}
	}
	stats, err := s.Stats(background)
	must(t, err)
	if len(stats.Objects) != 0 {
		t.Errorf("there is %+v", stats.Objects)
	}
}

func queueClosed(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", small), queue(t, attach(), "q", small)
	put(t, q, "a", "b", "c")
	done := make(chan error)
	go func() { done <- q.Put(background, []byte("d")) }()
	waiting(t, s, "q", 1)
	must(t, other.Close(background))
	must(t, other.Close(background))
	is(t, <-done, driver.ErrClosed)
	is(t, q.Put(background, []byte("d")), driver.ErrClosed)
	is(t, other.TryPut([]byte("d")), driver.ErrClosed)
	gets(t, q, "a")
	length(t, other, 2)
	one, err := other.Receive(background)
	must(t, err)
	two, err := q.Receive(background)
	must(t, err)
	_, err = q.Get(ended(), nil) // since what is on loan may come back
	is(t, err, context.Canceled)
	_, err = q.TryGet(nil)
	is(t, err, driver.ErrEmpty)
	got := make(chan string)
	go func() {
		data, err := q.Get(background, nil)
		got <- fmt.Sprintf("%s %v", data, err)
	}()
	waiting(t, s, "q", 1)
	must(t, other.Nak(background, one))
	if it := <-got; it != "b <nil>" {
		t.Errorf("who waited got %q", it)
	}
	go func() {
		_, err := other.Receive(background)
		done <- err
	}()
	waiting(t, s, "q", 1)
	must(t, q.Ack(background, two))
	must(t, s.Delete(background, "q")) // it was done before
	is(t, <-done, driver.ErrDone)
	isDone(t, q)
	isDone(t, other)
}

func isDone(t *testing.T, q driver.Queue) {
	t.Helper()
	_, err := q.Get(background, nil)
	is(t, err, driver.ErrDone)
	_, err = q.TryGet(nil)
	is(t, err, driver.ErrDone)
	_, err = q.GetBatch(background, 3)
	is(t, err, driver.ErrDone)
	_, err = q.Receive(background)
	is(t, err, driver.ErrDone)
	_, err = q.TryReceive()
	is(t, err, driver.ErrDone)
	_, err = q.ReceiveBatch(background, 3)
	is(t, err, driver.ErrDone)
}

func queueJoin(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", small), queue(t, attach(), "q", small)
	must(t, q.Join(background))
	put(t, q, "a", "b")
	is(t, q.Join(ended()), context.Canceled)
	joined := make(chan error)
	go func() { joined <- q.Join(background) }()
	waiting(t, s, "q", 1)
	gets(t, other, "a")
	l, err := other.Receive(background)
	must(t, err)
	is(t, q.Join(ended()), context.Canceled) // for what is on loan may come back
	must(t, other.Nak(background, l))
	is(t, q.Join(ended()), context.Canceled)
	l, err = other.Receive(background)
	must(t, err)
	must(t, other.Ack(background, l))
	must(t, <-joined)
	must(t, other.Join(ended()))
	put(t, q, "c")
	go func() { joined <- other.Join(background) }()
	waiting(t, s, "q", 1)
	must(t, q.Close(background))
	gets(t, q, "c")
	must(t, <-joined)
}

func queueDeleted(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", small), queue(t, attach(), "q", small)
	full := queue(t, s, "full", driver.QueueConfig{Cap: 1})
	put(t, full, "a")
	done := make(chan error)
	go func() { done <- full.Put(background, []byte("b")) }()
	go func() { done <- full.Join(background) }()
	waiting(t, s, "full", 2)
	must(t, s.Delete(background, "full"))
	is(t, <-done, driver.ErrClosed)
	is(t, <-done, driver.ErrClosed)
	put(t, q, "a")
	l, err := q.Receive(background)
	must(t, err)
	for _, q := range []driver.Queue{q, other} {
		go func() {
			_, err := q.Receive(background)
			done <- err
		}()
	}
	waiting(t, s, "q", 2)
	must(t, attach().Delete(background, "q"))
	for range 2 {
		isCut(t, <-done)
	}
	isCut(t, q.Ack(background, l))
	for _, q := range []driver.Queue{q, other} {
		queueIsCut(t, q)
	}
	again := queue(t, s, "q", driver.QueueConfig{Cap: 9})
	if again.ID() == q.ID() {
		t.Error("a new queue has the ID of the deleted one")
	}
	length(t, again, 0)
}

// isCut checks that err is that of a queue that has ended before all was taken.
func isCut(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, driver.ErrClosed) || errors.Is(err, driver.ErrDone) {
		t.Errorf("%v, want a plain ErrClosed", err)
	}
}

func queueIsCut(t *testing.T, q driver.Queue) {
	t.Helper()
	isCut(t, q.Put(background, nil))
	isCut(t, q.TryPut(nil))
	_, err := q.Get(background, nil)
	isCut(t, err)
	_, err = q.TryReceive()
	isCut(t, err)
	_, err = q.Len()
	isCut(t, err)
	isCut(t, q.Join(background))
	isCut(t, q.Close(background))
}

func queueSpaceClosed(t *testing.T, attach func() driver.Space) {
	s := attach()
	q, other := queue(t, s, "q", small), queue(t, attach(), "q", small)
	done := make(chan error)
	go func() {
		_, err := q.Get(background, nil)
		done <- err
	}()
	waiting(t, s, "q", 1)
	must(t, s.Close())
	isCut(t, <-done)
	queueIsCut(t, q)
	put(t, other, "a")
	gets(t, other, "a")
}

func queueStats(t *testing.T, attach func() driver.Space) {
	s := attach()
	q := queue(t, s, "q", small)
	put(t, q, "a", "b", "c")
	_, err := q.Receive(background)
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	done := make(chan error)
	go func() { done <- q.Put(ctx, nil) }()
	waiting(t, s, "q", 1)
	stats, err := s.Stats(background)
	must(t, err)
	if o := stats.Objects[0]; o.Kind != "queue" || o.Type != "[]byte" || o.Len != 2 || o.Cap != 3 || o.Bytes <= 0 {
		t.Errorf("Stats has %+v", o)
	}
	cancel()
	is(t, <-done, context.Canceled)
}
