package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var pipeTests = tests{
	"a pipe carries both ways":                     pipeCarries,
	"a pipe keeps messages of any size apart":      pipeSizes,
	"what is left comes before the end":            pipeEnds,
	"a closed end ends the other's waits":          pipeEndsWaits,
	"closing a hold ends its own waits":            pipeEndsOwnWaits,
	"a context ends a pipe's waits":                pipeContexts,
	"an end goes with its space":                   pipeSpaceClosed,
	"sending waits while a megabyte is under way":  pipeWaits,
	"an end that was handed on lasts":              pipeHandedOn,
	"an end that nobody kept is ErrNotFound":       pipeNotKept,
	"each hold of an end is closed by itself":      pipeHolds,
	"a pipe of other types is ErrMismatch":         pipeMismatch,
	"a pipe goes with its ends":                    pipeGoes,
	"stats tell what a pipe takes":                 pipeStats,
	"a deleted pipe is ErrClosed":                  pipeDeleted,
	"Poll tells whether Recv would return at once": pipePoll,
	"many send and many receive through one pipe":  pipeMany,
}

var pipeType = driver.Type{Name: "pair", Fingerprint: [16]byte{1}}

func newPipe(t *testing.T, s driver.Space) (a, b driver.Pipe) {
	t.Helper()
	a, b, err := s.NewPipe(background, pipeType)
	must(t, err)
	t.Cleanup(func() { // also so that they are held until then
		_ = a.Close()
		_ = b.Close()
	})
	return a, b
}

// handOn has another process take hold of an end.
func handOn(t *testing.T, p driver.Pipe, to driver.Space) driver.Pipe {
	t.Helper()
	end, err := to.OpenPipe(background, driver.Which{ID: p.ID()}, pipeType, p.End())
	must(t, err)
	t.Cleanup(func() { _ = end.Close() })
	return end
}

func send(t *testing.T, p driver.Pipe, message string) {
	t.Helper()
	must(t, p.Send(background, []byte(message)))
}

func arrives(t *testing.T, p driver.Pipe, want string) {
	t.Helper()
	got, err := p.Recv(background, nil)
	if string(got) != want || err != nil {
		t.Fatalf("received %.40q (%v), want %.40q", got, err, want)
	}
}

func atEnd(t *testing.T, p driver.Pipe) {
	t.Helper()
	_, err := p.Recv(background, nil)
	is(t, err, io.EOF)
	is(t, p.Send(background, []byte("in vain")), io.ErrClosedPipe)
}

func pipeCarries(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	if a.End() != 0 || b.End() != 1 || a.ID() != b.ID() || a.Name() != b.Name() {
		t.Errorf("ends %d and %d of %d %q and %d %q", a.End(), b.End(), a.ID(), a.Name(), b.ID(), b.Name())
	}
	for i := range 100 {
		send(t, a, fmt.Sprint("there ", i))
		send(t, b, fmt.Sprint("back ", i))
	}
	for i := range 100 {
		arrives(t, b, fmt.Sprint("there ", i))
		arrives(t, a, fmt.Sprint("back ", i))
	}
	send(t, a, "behind")
	got, err := b.Recv(background, []byte("stands "))
	if string(got) != "stands behind" || err != nil {
		t.Errorf("received %q, %v", got, err)
	}
}

func pipeSizes(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	for _, n := range []int{0, 1, 63, 64, 65, 4000, 5000, 100_000, 1 << 20, 3 << 20, 0} {
		message := bytes.Repeat([]byte{byte(n), 7}, n/2)
		must(t, a.Send(background, message))
		arrives(t, b, string(message))
	}
}

func pipeEnds(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	must(t, kept.Close())
	send(t, a, "one")
	send(t, a, "two")
	must(t, a.Close())
	is(t, b.Send(background, []byte("nobody is there")), io.ErrClosedPipe)
	arrives(t, b, "one")
	arrives(t, b, "two")
	atEnd(t, b)
	atEnd(t, b)
	is(t, a.Send(background, nil), driver.ErrClosed)
	_, err := a.Recv(background, nil)
	is(t, err, driver.ErrClosed)
	_, err = a.Poll(background)
	is(t, err, driver.ErrClosed)
	must(t, a.Close())
}

// twoWaitIn has two goroutines wait in Recv, one with a context that can end and one
// with one that cannot, and returns where their errors come.
func twoWaitIn(b driver.Pipe) <-chan error {
	ended := make(chan error, 2)
	wait := func(ctx context.Context) {
		_, err := b.Recv(ctx, nil)
		ended <- err
	}
	go wait(background)
	go func() {
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		wait(ctx)
	}()
	return ended
}

func pipeEndsWaits(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	must(t, kept.Close())
	ended := twoWaitIn(b)
	must(t, a.Close())
	is(t, <-ended, io.EOF)
	is(t, <-ended, io.EOF)
}

func pipeEndsOwnWaits(t *testing.T, attach func() driver.Space) {
	a, b := newPipe(t, attach())
	again := handOn(t, b, attach())
	ended := twoWaitIn(b)
	must(t, b.Close())
	is(t, <-ended, driver.ErrClosed)
	is(t, <-ended, driver.ErrClosed)
	send(t, a, "still there")
	arrives(t, again, "still there")
}

func pipeContexts(t *testing.T, attach func() driver.Space) {
	a, b := newPipe(t, attach())
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error, 2)
	go func() {
		_, err := b.Recv(ctx, nil)
		ended <- err
	}()
	must(t, a.Send(background, make([]byte, 1<<20)))
	must(t, a.Send(background, nil))
	_, err := b.Recv(background, nil)
	must(t, err)
	cancel()
	if err := <-ended; err != nil {
		is(t, err, context.Canceled)
	}
	_, err = a.Recv(ctx, nil)
	is(t, err, context.Canceled)
	must(t, a.Close())
}

func pipeSpaceClosed(t *testing.T, attach func() driver.Space) {
	gone := attach()
	a, kept := newPipe(t, gone)
	b := handOn(t, kept, attach())
	send(t, a, "left")
	ended := make(chan error)
	go func() {
		_, err := a.Recv(background, nil)
		ended <- err
	}()
	must(t, gone.Close())
	is(t, <-ended, driver.ErrClosed)
	is(t, a.Send(background, nil), driver.ErrClosed)
	arrives(t, b, "left")
	atEnd(t, b)
}

func pipeWaits(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	must(t, kept.Close())
	half := make([]byte, 1<<19)
	must(t, a.Send(background, half))
	must(t, a.Send(background, half))
	must(t, a.Send(background, half)) // 1 MiB is not more than 1 MiB
	ctx, cancel := context.WithCancel(background)
	cancel()
	is(t, a.Send(ctx, nil), context.Canceled)
	sent := make(chan error)
	go func() { sent <- a.Send(background, []byte("later")) }()
	send(t, b, "the other way there is room")
	arrives(t, a, "the other way there is room")
	for range 3 {
		arrives(t, b, string(half))
	}
	must(t, <-sent)
	arrives(t, b, "later")
	for range 3 {
		must(t, a.Send(background, half))
	}
	go func() { sent <- a.Send(background, []byte("never")) }()
	must(t, b.Close())
	is(t, <-sent, io.ErrClosedPipe)
}

func pipeHandedOn(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	last := kept
	for range 20 { // from process to process
		next := handOn(t, last, attach())
		must(t, last.Close())
		last = next
	}
	send(t, a, "far away")
	arrives(t, last, "far away")
	send(t, last, "and back")
	arrives(t, a, "and back")
	must(t, last.Close())
	atEnd(t, a)
}

func pipeNotKept(t *testing.T, attach func() driver.Space) {
	a, b := newPipe(t, attach())
	must(t, b.Close())
	other := attach()
	_, err := other.OpenPipe(background, driver.Which{ID: a.ID()}, pipeType, b.End())
	is(t, err, driver.ErrNotFound)
	atEnd(t, a)
	must(t, handOn(t, a, other).Close())
	id := a.ID()
	must(t, a.Close())
	_, err = other.OpenPipe(background, driver.Which{ID: id}, pipeType, 0)
	is(t, err, driver.ErrNotFound)
}

func pipeHolds(t *testing.T, attach func() driver.Space) {
	s := attach()
	a, b := newPipe(t, s)
	again := handOn(t, b, s)
	must(t, b.Close())
	must(t, b.Close())
	send(t, a, "one is left")
	arrives(t, again, "one is left")
	is(t, b.Send(background, nil), driver.ErrClosed)
	must(t, again.Close())
	atEnd(t, a)
}

func pipeMismatch(t *testing.T, attach func() driver.Space) {
	a, _ := newPipe(t, attach())
	other := driver.Type{Name: "other", Fingerprint: [16]byte{2}}
	_, err := attach().OpenPipe(background, driver.Which{ID: a.ID()}, other, 0)
	is(t, err, driver.ErrMismatch)
}

// pipeGoes counts the objects, which are gone with their last end, as is the memory.
func pipeGoes(t *testing.T, attach func() driver.Space) {
	s, other := attach(), attach()
	objects := func() int {
		stats, err := s.Stats(background)
		must(t, err)
		return len(stats.Objects)
	}
	before := objects()
	for i := range 50 {
		a, b := newPipe(t, s)
		far := handOn(t, b, other)
		must(t, b.Close())
		send(t, a, "nobody takes this")
		must(t, far.Send(background, make([]byte, 10_000)))
		if n := objects(); n != before+1 {
			t.Fatalf("%d objects, and one pipe", n)
		}
		if i%2 == 0 {
			must(t, a.Close())
			must(t, far.Close())
		} else {
			must(t, far.Close())
			must(t, a.Close())
		}
		if n := objects(); n != before {
			t.Fatalf("%d objects are left of %d", n, before)
		}
	}
}

func pipeStats(t *testing.T, attach func() driver.Space) {
	s := attach()
	a, b := newPipe(t, s)
	one := func() driver.ObjectStat {
		t.Helper()
		stats, err := s.Stats(background)
		must(t, err)
		for _, o := range stats.Objects {
			if o.Name == a.Name() {
				return o
			}
		}
		t.Fatalf("no %q: %+v", a.Name(), stats.Objects)
		return driver.ObjectStat{}
	}
	empty := one()
	if empty.Kind != "pipe" || empty.Type != pipeType.Name || empty.Waiters != 0 {
		t.Errorf("%+v", empty)
	}
	message := make([]byte, 100_000)
	must(t, a.Send(background, message))
	if full := one(); full.Bytes < empty.Bytes+int64(len(message)) {
		t.Errorf("%d bytes with a message of %d, and %d without", full.Bytes, len(message), empty.Bytes)
	}
	arrives(t, b, string(message))
}

func pipeDeleted(t *testing.T, attach func() driver.Space) {
	s := attach()
	a, b := newPipe(t, s)
	ended := make(chan error)
	go func() {
		_, err := b.Recv(background, nil)
		ended <- err
	}()
	must(t, s.Delete(background, a.Name()))
	is(t, <-ended, driver.ErrClosed)
	is(t, a.Send(background, nil), driver.ErrClosed)
	_, err := a.Poll(background)
	is(t, err, driver.ErrClosed)
	must(t, a.Close())
}

func pipePoll(t *testing.T, attach func() driver.Space) {
	a, kept := newPipe(t, attach())
	b := handOn(t, kept, attach())
	must(t, kept.Close())
	polls := func(want bool) {
		t.Helper()
		if ready, err := b.Poll(background); ready != want || err != nil {
			t.Errorf("Poll says %v, %v", ready, err)
		}
	}
	polls(false)
	send(t, b, "the other way")
	polls(false)
	send(t, a, "")
	polls(true)
	polls(true)
	arrives(t, b, "")
	polls(false)
	send(t, a, "left")
	must(t, a.Close())
	polls(true)
	arrives(t, b, "left")
	polls(true)
	atEnd(t, b)
}

func pipeMany(t *testing.T, attach func() driver.Space) {
	const processes, goroutines, each = 2, 2, 200
	a, b := newPipe(t, attach())
	var senders, receivers sync.WaitGroup
	var mu sync.Mutex
	got := make(map[string]int)
	for i := range processes {
		from, to := handOn(t, a, attach()), handOn(t, b, attach())
		var mine sync.WaitGroup
		for j := range goroutines {
			mine.Go(func() {
				for k := range each {
					if err := from.Send(background, fmt.Appendf(nil, "%d %d %d", i, j, k)); err != nil {
						t.Error(err)
					}
				}
			})
			receivers.Go(func() {
				for {
					message, err := to.Recv(background, nil)
					if err != nil {
						is(t, err, io.EOF)
						return
					}
					mu.Lock()
					got[string(message)]++
					mu.Unlock()
				}
			})
		}
		senders.Go(func() {
			mine.Wait()
			if err := from.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	must(t, a.Close())
	receivers.Wait()
	if len(got) != processes*goroutines*each {
		t.Errorf("%d messages arrived", len(got))
	}
	for message, times := range got {
		if times != 1 {
			t.Errorf("%q arrived %d times", message, times)
		}
	}
}
