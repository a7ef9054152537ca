//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func TestDelivery_endsOnceHoweverManyCopiesThereAre(t *testing.T) {
	q := openQueue[string](t, "", ipc.QueueConfig{})
	must(t, q.Put(background, "a"))
	var none ipc.Delivery[string]
	for _, end := range []func(context.Context) error{none.Ack, none.Nak} {
		if err := end(background); !errors.Is(err, ipc.ErrNotHeld) {
			t.Errorf("of no loan: %v", err)
		}
	}
	first := receive(t, q)
	another := *first
	must(t, another.Nak(background))
	again := receive(t, q)
	if again.Attempt != 2 || again.Value != "a" {
		t.Errorf("got %q, attempt %d", again.Value, again.Attempt)
	}
	for _, end := range []func(context.Context) error{first.Ack, first.Nak, another.Ack, another.Nak} {
		if err := end(background); !errors.Is(err, ipc.ErrNotHeld) {
			t.Errorf("the second time: %v", err)
		}
	}
	const goroutines = 8
	var all sync.WaitGroup
	var endings atomic.Int64
	for range goroutines {
		all.Go(func() {
			if err := again.Ack(background); err == nil {
				endings.Add(1)
			} else if !errors.Is(err, ipc.ErrNotHeld) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if endings.Load() != 1 {
		t.Errorf("the loan ended %d times", endings.Load())
	}
	must(t, q.Join(ended()))
}

func TestDelivery_outlivesItsHandle(t *testing.T) {
	q := openQueue[string](t, "", ipc.QueueConfig{})
	must(t, q.Put(background, "a"))
	d := func() *ipc.Delivery[string] {
		q, err := ipc.OpenQueue[string](background, family(t), q.Name(), ipc.QueueConfig{})
		must(t, err)
		return receive(t, q)
	}()
	for range 3 {
		runtime.GC()
	}
	must(t, d.Ack(background))
	must(t, q.Join(background))
}

func TestQueue_anElementThatNobodyCanDecodeIsAnError(t *testing.T) {
	letters := openQueue[*ipc.Mutex](t, "letters", ipc.QueueConfig{})
	q := openQueue[*ipc.Mutex](t, "", ipc.QueueConfig{MaxDeliver: 2, DeadLetters: "letters"})
	put := func(there bool) {
		m := openMutex(t, "")
		must(t, q.Put(background, m))
		if !there {
			must(t, family(t).Delete(background, m.Name()))
		}
	}
	put(false)
	put(true)
	if m, err := q.Get(background); !errors.Is(err, ipc.ErrNotFound) || !strings.Contains(err.Error(), "is lost") || m != nil {
		t.Errorf("Get: %v (%v)", m, err)
	}
	get(t, q) // the next one

	put(false)
	put(true)
	for range 2 {
		if d, err := q.TryReceive(background); !errors.Is(err, ipc.ErrNotFound) || d != nil {
			t.Errorf("Receive: %v (%v)", d, err)
		}
	}
	d := receive(t, q)
	must(t, d.Ack(background))
	if _, err := letters.Get(background); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("what nobody could decode is not among the dead letters: %v", err)
	}

	for _, there := range []bool{true, false, true} {
		put(there)
	}
	if ms, err := q.GetBatch(background, 3); len(ms) != 2 || !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("GetBatch: %d elements (%v)", len(ms), err)
	}
	for _, there := range []bool{true, false, true} {
		put(there)
	}
	ds, err := q.ReceiveBatch(background, 3)
	if len(ds) != 2 || err != nil {
		t.Errorf("ReceiveBatch: %d elements (%v)", len(ds), err)
	}
	for _, d := range ds {
		must(t, d.Ack(background))
	}
	if ds, err := q.ReceiveBatch(background, 3); ds != nil || !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("ReceiveBatch of what nobody can decode: %v (%v)", ds, err)
	}
	must(t, q.Join(background))
}

func TestDelivery_isOneAllocation(t *testing.T) {
	type element [8]int64
	q := openQueue[element](t, "", ipc.QueueConfig{})
	allocations := testing.AllocsPerRun(100, func() {
		must(t, q.Put(background, element{}))
		must(t, receive(t, q).Ack(background))
	})
	if allocations > 3 { // the delivery, the driver's loan and its bytes
		t.Errorf("%v allocations", allocations)
	}
}
