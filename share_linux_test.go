package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// Shared has handles wherever they may stand.
type Shared struct {
	Lock   *ipc.Mutex
	Nil    *ipc.Mutex
	Nested struct{ Events []*ipc.Event }
	Counts map[string]*ipc.Int64
	Any    any
}

var useShared = multiproc.Func("useShared", func(ctx context.Context, s Shared) (int64, error) {
	if s.Nil != nil {
		return 0, errors.New("the nil handle is not nil")
	}
	g, err := s.Lock.Lock(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.Counts["n"].Add(ctx, 1)
	if err := errors.Join(err, g.Unlock()); err != nil {
		return 0, err
	}
	return n, s.Nested.Events[0].Set(ctx)
})

func openShared(t testing.TB) Shared {
	t.Helper()
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	var s Shared
	lock, err1 := ipc.OpenMutex(t.Context(), space, "")
	event, err2 := ipc.OpenEvent(t.Context(), space, "")
	count, err3 := ipc.OpenInt64(t.Context(), space, "")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, name := range []string{lock.Name(), event.Name(), count.Name()} {
			space.Delete(context.Background(), name) // which the test may have done
		}
		if err := space.Check(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.Lock, s.Nested.Events, s.Counts = lock, []*ipc.Event{event}, map[string]*ipc.Int64{"n": count}
	return s
}

func TestStart_handlesInTheInputAreTheSameObjects(t *testing.T) {
	s := openShared(t)
	var running []*multiproc.Process[int64]
	for range 5 {
		p, err := useShared.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, p)
	}
	for _, p := range running {
		if _, err := p.Wait(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Counts["n"].Load(t.Context()); n != 5 || err != nil {
		t.Errorf("counted %d, %v; want 5", n, err)
	}
	if set, err := s.Nested.Events[0].IsSet(t.Context()); !set || err != nil {
		t.Errorf("the event is set: %v, %v", set, err)
	}
}

// keepLocked takes the lock and tells so, and never gives it back.
var keepLocked = multiproc.Func("keepLocked", func(ctx context.Context, m *ipc.Mutex) (multiproc.None, error) {
	_, err := m.Lock(ctx)
	if err != nil {
		return multiproc.None{}, err
	}
	fmt.Println("ready")
	select {}
})

func TestKill_passesOnTheLockThatTheProcessHeld(t *testing.T) {
	m := openShared(t).Lock
	p := awaitReady(t, t.Context(), keepLocked, m, multiproc.WithName("greedy"))
	if pid, _, err := m.Holder(t.Context()); pid != p.PID() || err != nil {
		t.Errorf("held by process %d, %v; want %d", pid, err, p.PID())
	}
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	stats, err := space.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, process := range stats.Processes {
		if process.PID == p.PID() {
			found = process.Name == "greedy" && len(process.Holds) == 1 && process.Holds[0] == m.Name()
		}
	}
	if !found {
		t.Errorf("Stats do not say that greedy holds the lock: %+v", stats.Processes)
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	g, err := m.Lock(within(t))
	if err != nil || !g.Abandoned() {
		t.Fatalf("Lock: abandoned %v, %v", g.Abandoned(), err)
	}
	if err := g.Unlock(); err != nil {
		t.Error(err)
	}
}

// The child decodes its input before its function runs; the parent lets go of the
// object as soon as Start has returned.
func TestStart_theChildHasTheObjectsWhenItReturns(t *testing.T) {
	s := openShared(t)
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		m, err := ipc.OpenMutex(t.Context(), space, fmt.Sprint("for a while ", i))
		if err != nil {
			t.Fatal(err)
		}
		s.Lock = m
		p, err := useShared.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if err := space.Delete(t.Context(), m.Name()); err != nil {
			t.Fatal(err)
		}
		// It may find the mutex deleted, but never one that it cannot receive.
		if _, err := p.Wait(within(t)); err != nil && !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("got %v, want nil or ErrClosed", err)
		}
	}
}

var familyAtInit, errFamilyAtInit = func() (string, error) {
	_, err := ipc.Family()
	return fmt.Sprint(err), err
}()

var askFamilyAtInit = multiproc.Func("askFamilyAtInit", func(context.Context, multiproc.None) (string, error) {
	return familyAtInit, nil
})

func TestFamily_isNotThereBeforeInitInAChild(t *testing.T) {
	if errFamilyAtInit != nil {
		t.Errorf("in the first process: %v", errFamilyAtInit)
	}
	got, err := askFamilyAtInit.Call(within(t), multiproc.None{})
	if want := "open the family's space: this is a child, and has it once Main or Init runs"; got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}
