// Package conformance is the suite that every kind of space has to pass. A kind
// runs it with a function that attaches one more process, real or played, to a
// space.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// New makes a space and returns a function that attaches to it, as another process
// each time it is called.
type New func(t *testing.T) (attach func() driver.Space)

var background = context.Background()

type tests map[string]func(t *testing.T, attach func() driver.Space)

// Run runs the suite.
func Run(t *testing.T, space New) {
	for _, of := range []tests{firstTests, rwmutexTests, semaphoreTests, condTests, barrierTests, onceTests, valueTests, arrayTests, queueTests, loanTests, pipeTests, serviceTests, dictTests} {
		for name, test := range of {
			t.Run(name, func(t *testing.T) {
				attach := space(t)
				test(t, attach)
				must(t, attach().Check(background))
			})
		}
	}
}

// firstTests are those of spaces, and of the objects that all others stand on.
var firstTests = tests{
	"one name is one object":                  oneName,
	"another kind is ErrMismatch":             otherKind,
	"a fresh name where none is given":        freshNames,
	"a mutex excludes":                        mutexExcludes,
	"tokens rise":                             tokensRise,
	"a holding ends once":                     endsOnce,
	"a closed space abandons what it held":    closeAbandons,
	"a context ends a wait":                   contextEnds,
	"closing ends waits":                      closeEnds,
	"an event lets all go on":                 eventAll,
	"a number counts exactly":                 counts,
	"deleted objects are ErrClosed":           deleted,
	"an ID finds the object and no other":     byID,
	"stats tell who holds and who waits":      stats,
	"names that are too long are ErrTooLarge": longName,
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func named(name string) driver.Which { return driver.Which{Name: name} }

func mutex(t *testing.T, s driver.Space, name string) driver.Mutex {
	t.Helper()
	m, err := s.OpenMutex(background, named(name))
	must(t, err)
	return m
}

func oneName(t *testing.T, attach func() driver.Space) {
	one, err := attach().OpenInt64(background, named("n"))
	must(t, err)
	two, err := attach().OpenInt64(background, named("n"))
	must(t, err)
	must(t, one.Store(background, 7))
	if v, err := two.Load(background); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	if one.ID() != two.ID() || two.Name() != "n" {
		t.Errorf("IDs %d and %d, name %q", one.ID(), two.ID(), two.Name())
	}
}

func otherKind(t *testing.T, attach func() driver.Space) {
	mutex(t, attach(), "m")
	_, err := attach().OpenEvent(background, named("m"))
	is(t, err, driver.ErrMismatch)
}

func freshNames(t *testing.T, attach func() driver.Space) {
	s := attach()
	one, two := mutex(t, s, ""), mutex(t, attach(), "")
	if one.Name() == "" || one.Name() == two.Name() {
		t.Errorf("names %q and %q", one.Name(), two.Name())
	}
	for i := range 10 { // names that somebody else has chosen are not fresh
		mutex(t, s, fmt.Sprint(strings.TrimRight(two.Name(), "0123456789"), i))
	}
	seen := map[uint64]bool{}
	for range 10 {
		m := mutex(t, s, "")
		if seen[m.ID()] || m.ID() == one.ID() {
			t.Errorf("%q is not new", m.Name())
		}
		seen[m.ID()] = true
	}
	if again := mutex(t, attach(), one.Name()); again.ID() != one.ID() {
		t.Error("the fresh name is not the object's")
	}
}

func mutexExcludes(t *testing.T, attach func() driver.Space) {
	const processes, goroutines, times = 3, 2, 500
	var all sync.WaitGroup
	for range processes {
		s := attach()
		for range goroutines {
			all.Go(func() {
				m, err := s.OpenMutex(background, named("m"))
				if err != nil {
					t.Error(err)
					return
				}
				n, err := s.OpenInt64(background, named("n"))
				if err != nil {
					t.Error(err)
					return
				}
				for range times {
					h, err := m.Lock(background)
					if err != nil {
						t.Error(err)
						return
					}
					v, _ := n.Load(background)
					_ = n.Store(background, v+1)
					if err := m.Unlock(h); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	n, err := attach().OpenInt64(background, named("n"))
	must(t, err)
	if v, _ := n.Load(background); v != processes*goroutines*times {
		t.Errorf("the sum is %d", v)
	}
}

func tokensRise(t *testing.T, attach func() driver.Space) {
	one, two := mutex(t, attach(), "m"), mutex(t, attach(), "m")
	last := uint64(0)
	for range 10 {
		for _, m := range []driver.Mutex{one, two} {
			h, err := m.Lock(background)
			must(t, err)
			if h.Token() <= last {
				t.Fatalf("token %d after %d", h.Token(), last)
			}
			last = h.Token()
			must(t, m.Unlock(h))
		}
	}
}

func endsOnce(t *testing.T, attach func() driver.Space) {
	m := mutex(t, attach(), "m")
	first, err := m.Lock(background)
	must(t, err)
	must(t, m.Unlock(first))
	second, err := m.Lock(background)
	must(t, err)
	is(t, m.Unlock(first), driver.ErrNotHeld)
	other := mutex(t, attach(), "m")
	_, err = other.TryLock()
	is(t, err, driver.ErrLocked)
	is(t, other.Unlock(driver.Holding{}), driver.ErrNotHeld)
	must(t, m.Unlock(second))
}

func closeAbandons(t *testing.T, attach func() driver.Space) {
	gone := attach()
	m, other := mutex(t, gone, "m"), mutex(t, attach(), "m")
	h, err := m.Lock(background)
	must(t, err)
	must(t, gone.Close())
	is(t, gone.Close(), driver.ErrClosed)
	is(t, m.Unlock(h), driver.ErrClosed)
	_, err = m.Lock(background)
	is(t, err, driver.ErrClosed)
	h, err = other.Lock(background)
	must(t, err)
	if !h.Abandoned() {
		t.Error("the lock is not abandoned")
	}
	must(t, other.Unlock(h))
}

func contextEnds(t *testing.T, attach func() driver.Space) {
	m, other := mutex(t, attach(), "m"), mutex(t, attach(), "m")
	h, err := m.Lock(background)
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err = other.Lock(ctx)
	is(t, err, context.Canceled)
	why := errors.New("why")
	because, end := context.WithCancelCause(background)
	end(why)
	_, err = other.Lock(because)
	is(t, err, why)
	must(t, m.Unlock(h))
}

func closeEnds(t *testing.T, attach func() driver.Space) {
	h, err := mutex(t, attach(), "m").Lock(background)
	must(t, err)
	s := attach()
	m := mutex(t, s, "m")
	e, err := s.OpenEvent(background, named("e"))
	must(t, err)
	ended := make(chan error)
	go func() {
		_, err := m.Lock(background)
		ended <- err
	}()
	go func() { ended <- e.Wait(background) }()
	must(t, s.Close())
	is(t, <-ended, driver.ErrClosed)
	is(t, <-ended, driver.ErrClosed)
	_ = h
}

func eventAll(t *testing.T, attach func() driver.Space) {
	var all sync.WaitGroup
	for range 3 {
		e, err := attach().OpenEvent(background, named("e"))
		must(t, err)
		for range 3 {
			all.Go(func() {
				if err := e.Wait(background); err != nil {
					t.Error(err)
				}
			})
		}
	}
	e, err := attach().OpenEvent(background, named("e"))
	must(t, err)
	must(t, e.Set(background))
	all.Wait()
	must(t, e.Clear(background))
	if set, err := e.IsSet(background); set || err != nil {
		t.Errorf("after Clear: %v, %v", set, err)
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	is(t, e.Wait(ctx), context.Canceled)
}

func counts(t *testing.T, attach func() driver.Space) {
	var all sync.WaitGroup
	for range 4 {
		n, err := attach().OpenInt64(background, named("n"))
		must(t, err)
		all.Go(func() {
			for i := range 1000 {
				if i%2 == 0 {
					_, _ = n.Add(background, 3)
					continue
				}
				for {
					v, _ := n.Load(background)
					if swapped, _ := n.CompareAndSwap(background, v, v-1); swapped {
						break
					}
				}
			}
		})
	}
	all.Wait()
	n, err := attach().OpenInt64(background, named("n"))
	must(t, err)
	if v, err := n.Add(background, 0); v != 4*500*2 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}

func deleted(t *testing.T, attach func() driver.Space) {
	s := attach()
	n, err := s.OpenInt64(background, named("n"))
	must(t, err)
	m := mutex(t, s, "m")
	for _, name := range []string{"n", "m"} {
		must(t, attach().Delete(background, name))
		is(t, attach().Delete(background, name), driver.ErrNotFound)
	}
	_, err = n.Load(background)
	is(t, err, driver.ErrClosed)
	_, err = m.Lock(background)
	is(t, err, driver.ErrClosed)
	if mutex(t, s, "m").ID() == m.ID() {
		t.Error("a new object has the ID of the deleted one")
	}
}

func byID(t *testing.T, attach func() driver.Space) {
	s := attach()
	m := mutex(t, s, "m")
	same, err := attach().OpenMutex(background, driver.Which{Name: "m", ID: m.ID()})
	must(t, err)
	if same.ID() != m.ID() {
		t.Error("another object")
	}
	must(t, s.Delete(background, "m"))
	mutex(t, s, "m")
	_, err = attach().OpenMutex(background, driver.Which{Name: "m", ID: m.ID()})
	is(t, err, driver.ErrNotFound)
}

func stats(t *testing.T, attach func() driver.Space) {
	holder, waiter := attach(), attach()
	h, err := mutex(t, holder, "m").Lock(background)
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	m := mutex(t, waiter, "m")
	go func() {
		_, err := m.Lock(ctx)
		ended <- err
	}()
	for {
		s, err := holder.Stats(background)
		must(t, err)
		holds, waits := 0, 0
		for _, p := range s.Processes {
			holds += len(p.Holds)
			waits += len(p.Waits)
		}
		if len(s.Objects) != 1 || s.Objects[0].Kind != "mutex" || holds != 1 {
			t.Fatalf("%+v", s)
		}
		if s.Objects[0].Waiters == 1 && waits == 1 {
			break
		}
	}
	cancel()
	is(t, <-ended, context.Canceled)
	_ = h
}

func longName(t *testing.T, attach func() driver.Space) {
	long := make([]byte, 10_000)
	_, err := attach().OpenMutex(background, named(string(long)))
	is(t, err, driver.ErrTooLarge)
}
