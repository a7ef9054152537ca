//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func openQueue[T any](t testing.TB, name string, cfg ipc.QueueConfig) *ipc.Queue[T] {
	t.Helper()
	q, err := ipc.OpenQueue[T](background, family(t), name, cfg)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, q.Name()) })
	return q
}

// ended is a context for what must not wait.
func ended() context.Context {
	ctx, cancel := context.WithCancel(background)
	cancel()
	return ctx
}

func get[T any](t testing.TB, q *ipc.Queue[T]) T {
	t.Helper()
	v, err := q.Get(background)
	must(t, err)
	return v
}

func receive[T any](t testing.TB, q *ipc.Queue[T]) *ipc.Delivery[T] {
	t.Helper()
	d, err := q.Receive(background)
	must(t, err)
	return d
}

func TestQueue_carriesWhatCrossesProcesses(t *testing.T) {
	carries(t, 42, -1)
	carries(t, "", "text\xff")
	carries(t, []byte{1, 2, 3}, nil)
	carries(t, [3]bool{true, false, true})
	carries(t, struct{}{})
	carries(t, &sample{"one", map[string][]int{"a": {1, 2}}, 3.5, &sample{Name: "two"}}, nil)
	carries[any](t, "one", []any{int64(1), "two"}, int64(3), 4.5, nil, map[string]any{"five": true})
}

func carries[T any](t *testing.T, elements ...T) {
	t.Helper()
	q := openQueue[T](t, "", ipc.QueueConfig{})
	for range 4 {
		n, err := q.PutBatch(background, elements)
		if n != len(elements) || err != nil {
			t.Fatalf("%d of %d were put (%v)", n, len(elements), err)
		}
	}
	same := func(got T, i int) {
		t.Helper()
		if !reflect.DeepEqual(got, elements[i]) {
			t.Errorf("%v came back as %v", elements[i], got)
		}
	}
	for i := range elements {
		same(get(t, q), i)
	}
	for i := range elements {
		var got T
		must(t, q.GetInto(background, &got))
		same(got, i)
	}
	for i := range elements {
		d := receive(t, q)
		same(d.Value, i)
		must(t, d.Ack(background))
	}
	vs, err := q.GetBatch(background, 100)
	must(t, err)
	for i := range elements {
		same(vs[i], i)
	}
}

func TestQueue_carriesHandlesButNotInAnAny(t *testing.T) {
	m := openMutex(t, "")
	handles := openQueue[*ipc.Mutex](t, "", ipc.QueueConfig{})
	must(t, handles.Put(background, m))
	if got := get(t, handles); got.Name() != m.Name() {
		t.Errorf("%q came back as %q", m.Name(), got.Name())
	}
	anything := openQueue[any](t, "", ipc.QueueConfig{})
	err := anything.Put(background, map[string]any{"locks": []any{1, m}})
	if !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), `["locks"][1]: ipc.Mutex in an any`) {
		t.Errorf("a handle in an any: %v", err)
	}
	must(t, anything.Put(background, []any{(*ipc.Mutex)(nil)}))
	if got := get(t, anything); !reflect.DeepEqual(got, []any{nil}) {
		t.Errorf("no handle came back as %v", got)
	}
}

func TestQueue_canBeSent(t *testing.T) {
	queues := openQueue[*ipc.Queue[string]](t, "", ipc.QueueConfig{})
	q := openQueue[string](t, "", ipc.QueueConfig{Cap: 3})
	must(t, queues.Put(background, q))
	must(t, get(t, queues).Put(background, "through another handle"))
	if got := get(t, q); got != "through another handle" {
		t.Errorf("got %q", got)
	}
	data, err := q.MarshalBinary()
	must(t, err)
	if err := new(ipc.Queue[int]).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("as a queue of another type: %v", err)
	}
}

func TestQueue_refusesTheFamilysHandlesInASpaceOpenedByName(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "named"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	q, err := ipc.OpenQueue[[]*ipc.Mutex](background, s, "q", ipc.QueueConfig{Cap: 1})
	must(t, err)
	err = q.Put(background, []*ipc.Mutex{nil, openMutex(t, "")})
	if !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "[1]: a handle of the family's space") {
		t.Errorf("got %v", err)
	}
	theirs, err := ipc.OpenMutex(background, s, "m")
	must(t, err)
	must(t, q.Put(background, []*ipc.Mutex{theirs}))
	if got := get(t, q); got[0].Name() != "m" {
		t.Errorf("it came back as %q", got[0].Name())
	}
}

func TestOpenQueue_namesWhatIsWrong(t *testing.T) {
	openQueue[string](t, "there", ipc.QueueConfig{Cap: 512})
	type job struct{ Done chan int }
	_, typed := ipc.OpenQueue[job](background, family(t), "wrong", ipc.QueueConfig{})
	_, mistyped := ipc.OpenQueue[int](background, family(t), "there", ipc.QueueConfig{})
	for _, c := range []struct {
		err  error
		is   error
		says string
	}{
		{configured("wrong", ipc.QueueConfig{Cap: -1}), ipc.ErrRange, "Cap"},
		{configured("wrong", ipc.QueueConfig{MaxDeliver: -1, DeadLetters: "x"}), ipc.ErrRange, "MaxDeliver"},
		{configured("wrong", ipc.QueueConfig{MaxDeliver: 3}), nil, "DeadLetters"},
		{configured("wrong", ipc.QueueConfig{MaxDeliver: 3, DeadLetters: "wrong"}), nil, "dead letters"},
		{configured("there", ipc.QueueConfig{Cap: 1024}), ipc.ErrMismatch, "512"},
		{typed, ipc.ErrType, "job.Done: chan"},
		{mistyped, ipc.ErrMismatch, "string, not int"},
	} {
		if c.err == nil || c.is != nil && !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("got %v, want %v that says %q", c.err, c.is, c.says)
		}
	}
	if q := openQueue[string](t, "there", ipc.QueueConfig{}); q.Cap() != 512 {
		t.Errorf("opened without a number it has room for %d", q.Cap())
	}
}

func configured(name string, cfg ipc.QueueConfig) error {
	s, err := ipc.Family()
	if err == nil {
		_, err = ipc.OpenQueue[string](background, s, name, cfg)
	}
	return err
}

func TestPutBatch_tellsHowManyWerePutAndWhichWasWrong(t *testing.T) {
	q := openQueue[any](t, "", ipc.QueueConfig{Cap: 400})
	vs := make([]any, 300)
	vs[200] = func() {}
	n, err := q.PutBatch(background, vs)
	if n != 200 || !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "element 200: ") {
		t.Errorf("%d were put: %v", n, err)
	}
	if there, err := q.Len(background); there != n || err != nil {
		t.Errorf("%d are there (%v)", there, err)
	}
	n, err = q.PutBatch(ended(), make([]any, 300))
	if n != 200 || !errors.Is(err, context.Canceled) {
		t.Errorf("where there was room for 200 %d were put: %v", n, err)
	}
}

func TestPutBatch_keepsElementsApartWhateverTheirSize(t *testing.T) {
	const n = 700
	bytes, texts := openQueue[[]byte](t, "", ipc.QueueConfig{}), openQueue[string](t, "", ipc.QueueConfig{})
	batch, same := make([][]byte, n), make([]string, n)
	for i := range batch {
		batch[i] = filled(i)
		same[i] = string(batch[i])
	}
	_, err := bytes.PutBatch(background, batch)
	must(t, err)
	_, err = texts.PutBatch(background, same)
	must(t, err)
	for i := 0; i < n; {
		got, err := bytes.GetBatch(background, 50)
		must(t, err)
		for _, one := range got {
			if string(one) != same[i] || get(t, texts) != same[i] {
				t.Fatalf("element %d is not what was put", i)
			}
			i++
		}
	}
}

func TestQueue_batchesOfNothingAreErrRange(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{})
	for _, max := range []int{0, -1} {
		if _, err := q.GetBatch(background, max); !errors.Is(err, ipc.ErrRange) {
			t.Errorf("GetBatch of %d: %v", max, err)
		}
		if _, err := q.ReceiveBatch(background, max); !errors.Is(err, ipc.ErrRange) {
			t.Errorf("ReceiveBatch of %d: %v", max, err)
		}
	}
	if n, err := q.PutBatch(background, nil); n != 0 || err != nil {
		t.Errorf("PutBatch of nothing: %d, %v", n, err)
	}
}

// The plain variable is what the race detector looks at.
func TestQueue_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	for name, take := range map[string]func(*ipc.Queue[int]) (int, error){
		"Get":    func(q *ipc.Queue[int]) (int, error) { return q.Get(background) },
		"TryGet": func(q *ipc.Queue[int]) (int, error) { return polled(q.TryGet) },
		"GetInto": func(q *ipc.Queue[int]) (v int, err error) {
			err = q.GetInto(background, &v)
			return v, err
		},
		"GetBatch": func(q *ipc.Queue[int]) (int, error) {
			vs, err := q.GetBatch(background, 1)
			return append(vs, 0)[0], err
		},
		"Receive": func(q *ipc.Queue[int]) (int, error) {
			d, err := q.Receive(background)
			return d.Value, err
		},
	} {
		q := openQueue[int](t, "", ipc.QueueConfig{})
		said := make([]int, 101)
		go func() {
			for i := 1; i <= 100; i++ {
				said[i] = i
				if err := q.Put(background, i); err != nil {
					t.Error(err)
				}
			}
		}()
		for range 100 {
			if i, err := take(q); said[i] != i || i == 0 || err != nil {
				t.Errorf("%s: what came before Put is not seen: %d (%v)", name, i, err)
			}
		}
	}
}

func polled[T any](try func(context.Context) (T, error)) (T, error) {
	for {
		if v, err := try(background); !errors.Is(err, ipc.ErrEmpty) {
			return v, err
		}
		runtime.Gosched()
	}
}

// What makes room comes before the Put that waits for it.
func TestQueue_ordersPutsAfterWhatMakesRoom(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{Cap: 1})
	said := ""
	must(t, q.Put(background, 1))
	go func() {
		said = "it"
		if _, err := q.Get(background); err != nil {
			t.Error(err)
		}
	}()
	must(t, q.Put(background, 2))
	if said != "it" {
		t.Error("what came before Get is not seen after Put")
	}
}

func TestAll_yieldsWhatIsLeftAndEndsWhenTheQueueIsClosed(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{})
	for i := range 5 {
		must(t, q.Put(background, i))
	}
	next := 0
	for v, err := range q.All(background) {
		must(t, err)
		if v != next {
			t.Errorf("got %d, want %d", v, next)
		}
		if next++; v == 1 {
			break // which takes no more
		}
	}
	must(t, q.Close(background))
	for d, err := range q.Deliveries(background) {
		must(t, err)
		if d.Value != next {
			t.Errorf("got %d, want %d", d.Value, next)
		}
		must(t, d.Ack(background))
		if next++; next == 4 {
			break
		}
	}
	for v, err := range q.All(background) {
		if v != 4 || err != nil {
			t.Errorf("got %d (%v)", v, err)
		}
		next++
	}
	if next != 5 {
		t.Errorf("%d elements came", next)
	}
	for d, err := range q.Deliveries(background) {
		t.Errorf("a closed queue yields %v (%v)", d, err)
	}
}

func TestAll_yieldsAnErrorLast(t *testing.T) {
	q := openQueue[int](t, "", ipc.QueueConfig{})
	must(t, q.Put(background, 1))
	var errs []error
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for _, err := range q.All(ctx) {
		errs = append(errs, err)
		cancel()
	}
	if len(errs) != 2 || errs[0] != nil || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("a context that ended: %v", errs)
	}
	must(t, q.Put(background, 1))
	must(t, family(t).Delete(background, q.Name()))
	errs = nil
	for d, err := range q.Deliveries(background) {
		errs = append(errs, err)
		if d != nil {
			t.Errorf("got %v beside the error", d)
		}
	}
	if len(errs) != 1 || !errors.Is(errs[0], ipc.ErrClosed) {
		t.Errorf("a deleted queue with something in it: %v", errs)
	}
}

func TestAll_endsForAllConsumersThoughTheQueueIsDeletedAtOnce(t *testing.T) {
	for range 20 {
		q := openQueue[int](t, "", ipc.QueueConfig{Cap: 4})
		var taken atomic.Int64
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for v, err := range q.All(background) {
					if err != nil {
						t.Error(err)
					}
					taken.Add(int64(v))
				}
			})
		}
		for range 50 {
			must(t, q.Put(background, 1))
		}
		must(t, q.Close(background))
		must(t, q.Join(background))
		must(t, family(t).Delete(background, q.Name()))
		all.Wait()
		if taken.Load() != 50 {
			t.Errorf("%d were taken", taken.Load())
		}
	}
}

func TestQueue_endsInErrClosed(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "closed"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	q, err := ipc.OpenQueue[int](background, s, "q", ipc.QueueConfig{})
	must(t, err)
	must(t, q.Put(background, 1))
	d := receive(t, q)
	ended := make(chan error)
	go func() {
		_, err := q.Get(background)
		ended <- err
	}()
	until(t, "one waits", func() bool {
		stats, err := s.Stats(background)
		must(t, err)
		return stats.Objects[0].Waiters == 1
	})
	must(t, s.Close())
	if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Get: %v", err)
	}
	_, tryGet := q.TryGet(background)
	_, length := q.Len(background)
	for what, err := range map[string]error{
		"Put": q.Put(background, 1), "TryPut": q.TryPut(background, 1), "TryGet": tryGet, "Len": length,
		"Ack": d.Ack(background), "Join": q.Join(background), "Close": q.Close(background),
	} {
		if !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("%s through a closed space: %v", what, err)
		}
	}
	if text := fmt.Sprint(tryGet); !strings.Contains(text, `queue "q"`) {
		t.Errorf("the queue is not named: %s", text)
	}
}
