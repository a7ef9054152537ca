//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// What Python's own tests check of Queue, JoinableQueue and SimpleQueue.

func init() {
	roles["queue worker"] = queueWorker
	roles["queue user at init"] = func(_ *ipc.Space, _ func() string, say func(string, ...any)) error {
		say("%s", usedAtInit)
		return nil
	}
	if path := os.Getenv(envUseAtInit); path != "" {
		usedAtInit = useAtInit(path)
	}
}

// queueWorker works as test_task_done's children do, until the queue is closed.
func queueWorker(s *ipc.Space, _ func() string, say func(string, ...any)) error {
	q, err := ipc.OpenQueue[int](background, s, "tasks", ipc.QueueConfig{})
	if err != nil {
		return err
	}
	for d, err := range q.Deliveries(background) {
		if err == nil {
			err = d.Ack(background)
		}
		if err != nil {
			return err
		}
	}
	say("done")
	return nil
}

func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(background, d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

const shortly = 20 * time.Millisecond

// timesOut checks that f waits for as long as its context says.
func timesOut(t *testing.T, what string, f func(ctx context.Context) error) {
	t.Helper()
	began := time.Now()
	if err := f(within(shortly)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v", what, err)
	}
	if took := time.Since(began); took < shortly {
		t.Errorf("%s gave up after %v", what, took)
	}
}

func TestQueue_isFullAfterSoManyPutsAndEmptyAfterSoManyGets(t *testing.T) {
	q := openQueue[any](t, "", ipc.QueueConfig{Cap: 6})
	for i, put := range []func(context.Context, any) error{q.Put, q.TryPut, q.Put, q.TryPut, q.Put, q.TryPut} {
		must(t, put(background, int64(i)))
	}
	if err := q.TryPut(background, 7); !errors.Is(err, ipc.ErrFull) {
		t.Errorf("TryPut into a full queue: %v", err)
	}
	timesOut(t, "Put", func(ctx context.Context) error { return q.Put(ctx, 7) })
	for i, get := range []func(context.Context) (any, error){q.Get, q.TryGet, q.Get, q.TryGet, q.Get, q.TryGet} {
		if v, err := get(background); v != int64(i) || err != nil {
			t.Errorf("got %v (%v), want %d", v, err, i)
		}
	}
	if v, err := q.TryGet(background); !errors.Is(err, ipc.ErrEmpty) {
		t.Errorf("TryGet from an empty queue: %v (%v)", v, err)
	}
	timesOut(t, "Get", func(ctx context.Context) error { _, err := q.Get(ctx); return err })
	timesOut(t, "Receive", func(ctx context.Context) error { _, err := q.Receive(ctx); return err })
}

func TestQueue_whatWasPutBeforeAChildStartedIsThereOnce(t *testing.T) {
	q := openQueue[string](t, "q", ipc.QueueConfig{})
	for i := range 10 {
		must(t, q.Put(background, fmt.Sprint(i)))
	}
	c := start(t, "queue")
	for i := 10; i < 20; i++ {
		c.tell("put %d", i)
		c.expect("put")
	}
	for i := range 20 {
		if v := get(t, q); v != fmt.Sprint(i) {
			t.Errorf("got %q, want %d", v, i)
		}
	}
	if v, err := q.TryGet(background); !errors.Is(err, ipc.ErrEmpty) {
		t.Errorf("and then %q (%v)", v, err)
	}
}

func TestQueue_knowsItsLength(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{})
	is := func(want int) {
		t.Helper()
		if n, err := q.Len(background); n != want || err != nil {
			t.Errorf("%d elements (%v), want %d", n, err, want)
		}
	}
	is(0)
	must(t, q.Put(background, 1))
	is(1)
	must(t, q.Put(background, 5))
	is(2)
	get(t, q)
	is(1)
	get(t, q)
	is(0)
}

func TestJoin_waitsUntilAllTasksAreDone(t *testing.T) {
	q := openQueue[int](t, "tasks", ipc.QueueConfig{})
	var workers []*child
	for range 4 {
		workers = append(workers, start(t, "queue worker"))
	}
	for range 3 {
		for i := range 10 {
			must(t, q.Put(background, i))
		}
		must(t, q.Join(background))
		if n, err := q.Len(background); n != 0 || err != nil {
			t.Errorf("%d are left (%v)", n, err)
		}
	}
	must(t, q.Close(background))
	for _, w := range workers {
		w.expect("done")
	}
}

const envUseAtInit = "MULTIPROC_TEST_USE_AT_INIT"

var usedAtInit = "nothing"

func useAtInit(path string) string {
	s, err := ipc.Open(background, path, ipc.SpaceConfig{})
	if err != nil {
		return err.Error()
	}
	q, err := ipc.OpenQueue[string](background, s, "q", ipc.QueueConfig{})
	if err != nil {
		return err.Error()
	}
	first, err := q.Get(background)
	if err != nil {
		return err.Error()
	}
	if _, err := q.Get(within(shortly)); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprint("the second Get: ", err)
	}
	return first
}

// In Python a Get with a time-out deadlocked while a module was being imported.
func TestQueue_isUsedWhilePackagesAreInitialized(t *testing.T) {
	path := t.TempDir() + "/space"
	s := openSpace(t, path, ipc.SpaceConfig{})
	q, err := ipc.OpenQueue[string](background, s, "q", ipc.QueueConfig{})
	must(t, err)
	must(t, q.Put(background, "before main"))
	startAlone(t, "queue user at init", envUseAtInit+"="+path).expect("before main")
}

// cannotCross panics when it is encoded.
type cannotCross struct{}

func (cannotCross) MarshalBinary() ([]byte, error) { panic("no") }
func (*cannotCross) UnmarshalBinary([]byte) error  { return nil }

func TestQueue_isGoodAfterAnElementThatCannotBeEncoded(t *testing.T) {
	anything := openQueue[any](t, "", ipc.QueueConfig{Cap: 1})
	if err := anything.Put(background, func() {}); !errors.Is(err, ipc.ErrType) {
		t.Errorf("a function: %v", err)
	}
	must(t, anything.TryPut(background, true)) // it has taken no room
	if v := get(t, anything); v != true {
		t.Errorf("got %v", v)
	}
	panics := openQueue[*cannotCross](t, "", ipc.QueueConfig{Cap: 1})
	if err := panics.Put(background, &cannotCross{}); err == nil || !strings.Contains(err.Error(), "panic while encoding: no") {
		t.Errorf("an element that panics: %v", err)
	}
	must(t, panics.TryPut(background, nil))
	if v := get(t, panics); v != nil {
		t.Errorf("got %v", v)
	}
}

func TestQueue_putAndGetOfAClosedOneAreErrors(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{})
	must(t, q.Put(background, 1))
	must(t, q.Close(background))
	must(t, q.Close(background))
	if err := q.Put(background, 2); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	if err := q.TryPut(background, 2); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("TryPut: %v", err)
	}
	if v := get(t, q); v != 1 { // what is there is not lost
		t.Errorf("got %d", v)
	}
	if _, err := q.Get(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Get: %v", err)
	}
	if n, err := q.Len(background); n != 0 || err != nil {
		t.Errorf("Len: %d, %v", n, err)
	}
}
