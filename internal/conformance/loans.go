package conformance

import (
	"errors"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// loanTests are those of a queue's loans, and of what becomes of them.
var loanTests = tests{
	"a loan ends once":                            loanEndsOnce,
	"what is given back comes first":              loanComesBack,
	"a closed space gives its loans back":         loansOfClosedSpace,
	"what is lent too often is a dead letter":     deadLetters,
	"dead letters wait for room":                  deadLettersWait,
	"dead letters are done with, for who joins":   deadLettersJoined,
	"loans of large elements are as those others": largeLoans,
}

func receive(t *testing.T, q driver.Queue, want string, attempt int) driver.Loan {
	t.Helper()
	l, err := q.Receive(background)
	must(t, err)
	if string(l.Data) != want || l.Attempt != attempt {
		t.Fatalf("got %q, attempt %d; want %q, attempt %d", l.Data, l.Attempt, want, attempt)
	}
	return l
}

func loanEndsOnce(t *testing.T, attach func() driver.Space) {
	q, other := queue(t, attach(), "q", small), queue(t, attach(), "q", small)
	is(t, q.Ack(background, driver.Loan{}), driver.ErrNotHeld)
	is(t, q.Nak(background, driver.Loan{}), driver.ErrNotHeld)
	put(t, q, "a", "b")
	first := receive(t, q, "a", 1)
	is(t, other.Ack(background, first), driver.ErrNotHeld)
	is(t, other.Nak(background, first), driver.ErrNotHeld)
	must(t, q.Nak(background, first))
	is(t, q.Nak(background, first), driver.ErrNotHeld)
	is(t, q.Ack(background, first), driver.ErrNotHeld)
	again := receive(t, q, "a", 2)
	is(t, q.Ack(background, first), driver.ErrNotHeld) // which is another loan
	must(t, q.Ack(background, again))
	is(t, q.Ack(background, again), driver.ErrNotHeld)
	gets(t, other, "b")
	for range 500 { // others stand where it stood
		put(t, q, "c")
		l := receive(t, q, "c", 1)
		is(t, q.Ack(background, again), driver.ErrNotHeld)
		must(t, q.Ack(background, l))
	}
}

func loanComesBack(t *testing.T, attach func() driver.Space) {
	q, other := queue(t, attach(), "q", driver.QueueConfig{}), queue(t, attach(), "q", driver.QueueConfig{})
	put(t, q, "a", "b", "c", "d", "e")
	var loans []driver.Loan
	for i, want := range []string{"a", "b", "c", "d"} {
		loans = append(loans, receive(t, []driver.Queue{q, other}[i%2], want, 1))
	}
	length(t, q, 1)
	must(t, other.Nak(background, loans[3]))
	must(t, other.Nak(background, loans[1]))
	must(t, q.Nak(background, loans[2]))
	length(t, q, 4)
	must(t, q.Ack(background, receive(t, q, "b", 2)))
	gets(t, other, "c")
	must(t, q.Nak(background, loans[0]))
	a := receive(t, other, "a", 2)
	d := receive(t, q, "d", 2)
	e := receive(t, q, "e", 1)
	must(t, other.Nak(background, a))
	must(t, other.Ack(background, receive(t, other, "a", 3)))
	must(t, q.Ack(background, e))
	must(t, q.Ack(background, d))
	must(t, q.Join(ended()))
	length(t, q, 0)
}

func loansOfClosedSpace(t *testing.T, attach func() driver.Space) {
	gone, s := attach(), attach()
	q, other := queue(t, gone, "q", driver.QueueConfig{}), queue(t, s, "q", driver.QueueConfig{})
	put(t, q, "a", "b")
	one := receive(t, q, "a", 1)
	receive(t, q, "b", 1)
	got := make(chan driver.Loan)
	go func() {
		l, err := other.Receive(background)
		if err != nil {
			t.Error(err)
		}
		got <- l
	}()
	waiting(t, s, "q", 1)
	must(t, gone.Close())
	if l := <-got; string(l.Data) != "a" || l.Attempt != 2 {
		t.Errorf("who waited got %q, attempt %d", l.Data, l.Attempt)
	}
	is(t, q.Ack(background, one), driver.ErrClosed)
	put(t, other, "c")
	must(t, other.Ack(background, receive(t, other, "b", 2)))
	receive(t, other, "c", 1)
}

func deadLetters(t *testing.T, attach func() driver.Space) {
	cfg := driver.QueueConfig{MaxDeliver: 2, DeadLetters: "dead"}
	gone, s := attach(), attach()
	q, other := queue(t, s, "q", cfg), queue(t, gone, "q", cfg)
	dead := queue(t, attach(), "dead", driver.QueueConfig{})
	put(t, q, "a", "b", "c")
	must(t, q.Nak(background, receive(t, q, "a", 1)))
	must(t, other.Nak(background, receive(t, other, "a", 2)))
	gets(t, dead, "a")
	receive(t, other, "b", 1)
	must(t, gone.Close())
	must(t, q.Nak(background, receive(t, q, "b", 2)))
	gets(t, dead, "b")
	must(t, q.Nak(background, receive(t, q, "c", 1)))
	gets(t, q, "c") // deliveries alone count, and this is none
	length(t, q, 0)
	length(t, dead, 0)
	must(t, q.Join(ended()))
}

func deadLettersWait(t *testing.T, attach func() driver.Space) {
	s := attach()
	dead := queue(t, s, "dead", driver.QueueConfig{Cap: 1})
	cfg := driver.QueueConfig{Cap: 3, MaxDeliver: 1, DeadLetters: "dead"}
	q := queue(t, attach(), "q", cfg)
	put(t, q, "a", "b", "c")
	one, two := receive(t, q, "a", 1), receive(t, q, "b", 1)
	must(t, q.Nak(background, one))
	must(t, q.Nak(background, two))
	length(t, dead, 1)
	is(t, q.Join(ended()), ended().Err())
	gets(t, q, "c")
	_, err := q.TryGet(nil) // what is a dead letter is nobody else's any more
	is(t, err, driver.ErrEmpty)
	gets(t, dead, "a")
	for { // it comes once somebody uses the queue
		if _, err := q.TryGet(nil); !errors.Is(err, driver.ErrEmpty) {
			t.Fatal(err)
		}
		data, err := dead.TryGet(nil)
		if err == nil {
			if string(data) != "b" {
				t.Errorf("got %q", data)
			}
			break
		}
		is(t, err, driver.ErrEmpty)
	}
	must(t, q.Join(background))
}

func deadLettersJoined(t *testing.T, attach func() driver.Space) {
	cfg := driver.QueueConfig{MaxDeliver: 1, DeadLetters: "dead"}
	s := attach()
	q := queue(t, s, "q", cfg)
	put(t, q, "a")
	l := receive(t, q, "a", 1)
	must(t, q.Close(background))
	joined := make(chan error)
	go func() { joined <- q.Join(background) }()
	waiting(t, s, "q", 1)
	must(t, q.Nak(background, l))
	must(t, <-joined)
	isDone(t, q)
	gets(t, queue(t, attach(), "dead", driver.QueueConfig{}), "a")
}

func largeLoans(t *testing.T, attach func() driver.Space) {
	gone, s := attach(), attach()
	q, other := queue(t, gone, "q", driver.QueueConfig{}), queue(t, s, "q", driver.QueueConfig{})
	large := string(element(20_000))
	put(t, q, large, large, "small")
	receive(t, q, large, 1)
	l := receive(t, other, large, 1)
	must(t, gone.Close())
	must(t, other.Nak(background, l))
	must(t, other.Nak(background, receive(t, other, large, 2)))
	gets(t, other, large)
	must(t, other.Ack(background, receive(t, other, large, 2)))
	gets(t, other, "small")
	must(t, other.Join(ended()))
}
