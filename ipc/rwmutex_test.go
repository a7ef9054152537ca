//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["rwlocker"] = rwlocker }

// rwlocker locks and unlocks as it is told: "lock", "rlock", "try", "rtry" and the
// lock's name, or "unlock", which is the last that it has.
func rwlocker(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	var guards []ipc.Guard
	for {
		verb, name, _ := strings.Cut(hear(), " ")
		if verb == "unlock" {
			if err := guards[len(guards)-1].Unlock(); err != nil {
				return err
			}
			guards = guards[:len(guards)-1]
			say("unlocked")
			continue
		}
		m, err := ipc.OpenRWMutex(background, s, name)
		if err != nil {
			return err
		}
		how := map[string]func(context.Context) (ipc.Guard, error){
			"lock": m.Lock, "rlock": m.RLock, "try": m.TryLock, "rtry": m.TryRLock,
		}
		g, err := how[verb](background)
		switch {
		case errors.Is(err, ipc.ErrLocked):
			say("busy")
		case err != nil:
			return err
		default:
			guards = append(guards, g)
			say("locked %v", g.Abandoned())
		}
	}
}

func openRWMutex(t testing.TB, name string) *ipc.RWMutex {
	t.Helper()
	m, err := ipc.OpenRWMutex(background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, m.Name()) })
	return m
}

func untilWaiters(t testing.TB, name string, n int) {
	t.Helper()
	until(t, fmt.Sprint(n, " wait for ", name), func() bool { return waiters(t, name) == n })
}

// A result is what a Lock that another goroutine calls returns.
type result struct {
	guard ipc.Guard
	err   error
}

func begin(lock func(context.Context) (ipc.Guard, error), ctx context.Context) <-chan result {
	done := make(chan result, 1)
	go func() {
		g, err := lock(ctx)
		done <- result{g, err}
	}()
	return done
}

func TestRWMutex_passesOnWhenItsWriterIsKilled(t *testing.T) {
	m := openRWMutex(t, "rw killed")
	c := start(t, "rwlocker")
	c.tell("lock rw killed")
	c.expect("locked false")
	reading := begin(m.RLock, background)
	untilWaiters(t, "rw killed", 1)
	c.kill()
	r := <-reading
	must(t, r.err)
	if !r.guard.Abandoned() {
		t.Error("a reader is not told that the lock was abandoned")
	}
	if r.guard.Token() != 0 {
		t.Errorf("a reader's token is %d", r.guard.Token())
	}
	must(t, r.guard.Unlock())
	for _, want := range []bool{true, false} { // a reader has not repaired it
		g, err := m.Lock(background)
		must(t, err)
		if g.Abandoned() != want {
			t.Errorf("the lock is abandoned: %v, want %v", g.Abandoned(), want)
		}
		must(t, g.Unlock())
	}
	must(t, family(t).Check(background))
}

func TestRWMutex_doesNotCountReadersThatAreKilled(t *testing.T) {
	m := openRWMutex(t, "rw readers")
	var readers []*child
	for range 3 {
		c := start(t, "rwlocker")
		for range 2 {
			c.tell("rlock rw readers")
			c.expect("locked false")
		}
		readers = append(readers, c)
	}
	writing := begin(m.Lock, background)
	untilWaiters(t, "rw readers", 1)
	readers[0].kill()
	readers[1].kill()
	for range 2 {
		readers[2].tell("unlock")
		readers[2].expect("unlocked")
	}
	w := <-writing
	must(t, w.err)
	if w.guard.Abandoned() {
		t.Error("readers that died have abandoned the lock")
	}
	must(t, w.guard.Unlock())

	// And where nobody waits while they die.
	readers[2].tell("rlock rw readers")
	readers[2].expect("locked false")
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock while another process reads: %v", err)
	}
	readers[2].kill()
	g, err := m.TryLock(background)
	must(t, err)
	must(t, g.Unlock())
}

func TestRWMutex_aWriterKilledWhileItWaitsAbandonsNothing(t *testing.T) {
	m := openRWMutex(t, "rw waiting writer")
	first, err := m.RLock(background)
	must(t, err)
	c := start(t, "rwlocker")
	c.tell("lock rw waiting writer")
	untilWaiters(t, "rw waiting writer", 1)
	late := begin(m.RLock, background)
	untilWaiters(t, "rw waiting writer", 2)
	c.kill()
	second := <-late
	must(t, second.err)
	if second.guard.Abandoned() {
		t.Error("a writer that had only waited has abandoned the lock")
	}
	must(t, first.Unlock())
	must(t, second.guard.Unlock())
}

func TestRWMutex_aWaitingWriterGoesFirst(t *testing.T) {
	m := openRWMutex(t, "rw first")
	first, err := m.RLock(background)
	must(t, err)
	writer, reader := start(t, "rwlocker"), start(t, "rwlocker")
	writer.tell("lock rw first")
	untilWaiters(t, "rw first", 1)
	if _, err := m.TryRLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryRLock while a writer waits: %v", err)
	}
	reader.tell("rlock rw first")
	untilWaiters(t, "rw first", 2)

	// It keeps them out for as long as it runs: past the time after which one that is
	// stopped does not any more.
	soon, cancel := context.WithTimeout(background, 2*time.Second)
	defer cancel()
	if _, err := m.RLock(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("RLock while a writer waits: %v", err)
	}
	must(t, first.Unlock())
	writer.expect("locked false")
	if _, err := m.TryRLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryRLock while a writer writes: %v", err)
	}
	writer.tell("unlock")
	writer.expect("unlocked")
	reader.expect("locked false")
}

func TestRWMutex_aWriterStoppedWhileItWaitsKeepsNobodyOutForEver(t *testing.T) {
	for how, lock := range map[string]func(m *ipc.RWMutex) ipc.Guard{
		"one that waits": func(m *ipc.RWMutex) ipc.Guard {
			g, err := m.RLock(background)
			must(t, err)
			return g
		},
		"one that waits a little each time": func(m *ipc.RWMutex) (g ipc.Guard) {
			until(t, "the lock can be had", func() bool {
				ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
				defer cancel()
				var err error
				g, err = m.RLock(ctx)
				return err == nil
			})
			return g
		},
		"one that tries": func(m *ipc.RWMutex) (g ipc.Guard) {
			until(t, "the lock can be had", func() bool {
				var err error
				g, err = m.TryRLock(background)
				return err == nil
			})
			return g
		},
	} {
		t.Run(how, func(t *testing.T) {
			name := "rw stopped " + how
			m := openRWMutex(t, name)
			first, err := m.RLock(background)
			must(t, err)
			writer := start(t, "rwlocker")
			writer.tell("lock %s", name)
			untilWaiters(t, name, 1)
			writer.signal(syscall.SIGSTOP)
			began := time.Now()
			second := lock(m)
			t.Logf("had the lock after %v", time.Since(began))
			must(t, first.Unlock())
			must(t, second.Unlock())

			// Nor other writers. And it comes to its turn once it runs.
			g, err := m.Lock(background)
			must(t, err)
			writer.signal(syscall.SIGCONT)
			must(t, g.Unlock())
			writer.expect("locked false")
			writer.tell("unlock")
			writer.expect("unlocked")
		})
	}
}

func TestRWMutex_waitsForStoppedHolders(t *testing.T) {
	m := openRWMutex(t, "rw stopped holders")
	c := start(t, "rwlocker")
	for _, verb := range []string{"rlock", "lock"} {
		c.tell(verb + " rw stopped holders")
		c.expect("locked false")
		c.signal(syscall.SIGSTOP)
		if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
			t.Errorf("TryLock while another's %s is held: %v", verb, err)
		}
		ctx, cancel := context.WithTimeout(background, time.Second) // several looks
		if _, err := m.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Lock while another's %s is held: %v", verb, err)
		}
		cancel()
		c.signal(syscall.SIGCONT)
		c.tell("unlock")
		c.expect("unlocked")
	}
	g, err := m.Lock(background)
	must(t, err)
	if g.Abandoned() {
		t.Error("a lock that was unlocked says that it was abandoned")
	}
	must(t, g.Unlock())
}

func TestRWMutex_aHoldingEndsOnce(t *testing.T) {
	m := openRWMutex(t, "rw once")
	again := openRWMutex(t, "rw once")
	first, err := m.RLock(background)
	must(t, err)
	second, err := again.RLock(background)
	must(t, err)
	same := first
	must(t, first.Unlock())
	third, err := m.TryRLock(background)
	must(t, err)
	for _, ended := range []ipc.Guard{first, same} {
		if err := ended.Unlock(); !errors.Is(err, ipc.ErrNotHeld) {
			t.Errorf("second Unlock of one reader's holding while there are others: %v", err)
		}
	}
	must(t, second.Unlock())
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("TryLock while the third reads: %v", err)
	}
	must(t, third.Unlock())
	writer, err := again.TryLock(background)
	must(t, err)
	must(t, writer.Unlock())
	other, err := m.Lock(background)
	must(t, err)
	if err := writer.Unlock(); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("second Unlock of a writer's holding: %v", err)
	}
	if other.Token() <= writer.Token() {
		t.Errorf("tokens %d, then %d", writer.Token(), other.Token())
	}
	must(t, other.Unlock())
}

// Goroutines end each other's holdings, all at once: each is ended by one of them.
func TestRWMutex_aHoldingEndsOnceWhoeverEndsIt(t *testing.T) {
	m := openRWMutex(t, "rw race")
	guards := make(chan ipc.Guard, 64)
	var held, ended sync.WaitGroup
	var mu sync.Mutex
	unlocked := 0
	for range 4 {
		held.Go(func() {
			for range 500 {
				g, err := m.RLock(background)
				if err != nil {
					t.Error(err)
					return
				}
				guards <- g
				guards <- g
			}
		})
		ended.Go(func() {
			for g := range guards {
				err := g.Unlock()
				if err == nil {
					mu.Lock()
					unlocked++
					mu.Unlock()
				} else if !errors.Is(err, ipc.ErrNotHeld) {
					t.Error(err)
				}
			}
		})
	}
	held.Wait()
	close(guards)
	ended.Wait()
	if unlocked != 2000 {
		t.Errorf("2000 holdings were ended %d times", unlocked)
	}
	g, err := m.TryLock(background)
	must(t, err)
	must(t, g.Unlock())
}

func TestRWMutex_excludesProcesses(t *testing.T) {
	const processes = 3
	openRWMutex(t, "rw pair")
	var children []*child
	for range processes {
		c := start(t, "rwpair")
		c.tell("go")
		children = append(children, c)
	}
	for _, c := range children {
		c.expect("done")
	}
	n, err := ipc.OpenInt64(background, family(t), "rw right")
	must(t, err)
	if v, err := n.Load(background); v != processes*rwWrites || err != nil {
		t.Errorf("the writers have counted to %d (%v), not %d", v, err, processes*rwWrites)
	}
	for _, name := range []string{"rw left", "rw right"} {
		must(t, family(t).Delete(background, name))
	}
}

const rwWrites = 2000

func init() { roles["rwpair"] = rwpair }

// rwpair changes two numbers as writer, and as reader finds them equal.
func rwpair(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	hear()
	p, err := openRWPair(s, "rw ")
	if err != nil {
		return err
	}
	for range rwWrites {
		g, err := p.lock.Lock(background)
		if err != nil {
			return err
		}
		p.write()
		if err := g.Unlock(); err != nil {
			return err
		}
		for range 3 {
			g, err := p.lock.RLock(background)
			if err != nil {
				return err
			}
			if err := p.compare(); err != nil {
				return err
			}
			if err := g.Unlock(); err != nil {
				return err
			}
		}
	}
	say("done")
	return nil
}

// An rwPair is two numbers that are the same for whoever reads under the lock.
type rwPair struct {
	lock        *ipc.RWMutex
	left, right *ipc.Int64
}

func openRWPair(s *ipc.Space, prefix string) (p rwPair, err error) {
	if p.lock, err = ipc.OpenRWMutex(background, s, prefix+"pair"); err != nil {
		return p, err
	}
	if p.left, err = ipc.OpenInt64(background, s, prefix+"left"); err != nil {
		return p, err
	}
	p.right, err = ipc.OpenInt64(background, s, prefix+"right")
	return p, err
}

func (p rwPair) write() {
	v, _ := p.left.Load(background)
	p.left.Store(background, v+1)
	p.right.Store(background, v+1)
}

func (p rwPair) compare() error {
	left, _ := p.left.Load(background)
	right, _ := p.right.Load(background)
	if left != right {
		return fmt.Errorf("a reader finds %d and %d", left, right)
	}
	return nil
}

// The plain variables are what the race detector looks at.
func TestRWMutex_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	m := openRWMutex(t, "rw race detector")
	sum, read := 0, make([]int, 4)
	var all sync.WaitGroup
	for i := range read {
		all.Go(func() {
			for range 1000 {
				g, err := m.Lock(background)
				if err != nil {
					t.Error(err)
					return
				}
				sum++
				read[(i+1)%len(read)] = sum
				g.Unlock()
				g, err = m.RLock(background)
				if err != nil {
					t.Error(err)
					return
				}
				if sum < read[i] {
					t.Errorf("the sum is %d after %d", sum, read[i])
				}
				g.Unlock()
			}
		})
	}
	all.Wait()
	if sum != 4000 {
		t.Errorf("the sum is %d", sum)
	}
}

func TestRWMutex_endsWaitsByContextWithoutLosingAWake(t *testing.T) {
	m := openRWMutex(t, "rw contexts")
	for range 100 {
		g, err := m.RLock(background)
		must(t, err)
		ctx, cancel := context.WithCancel(background)
		writing := []<-chan result{begin(m.Lock, ctx), begin(m.Lock, ctx)}
		reading := begin(m.RLock, background)
		last := begin(m.Lock, background)
		var all sync.WaitGroup
		all.Go(cancel)
		all.Go(func() {
			r := <-reading
			if r.err != nil || r.guard.Unlock() != nil {
				t.Error(r.err)
			}
		})
		for _, done := range writing {
			all.Go(func() {
				r := <-done
				if r.err == nil {
					r.err = r.guard.Unlock()
				}
				if r.err != nil && !errors.Is(r.err, context.Canceled) {
					t.Error(r.err)
				}
			})
		}
		must(t, g.Unlock())
		l := <-last
		must(t, l.err)
		must(t, l.guard.Unlock())
		all.Wait()
	}
}

func TestRWMutex_aThousandReadersAndWritersOfOneProcessUseFewThreads(t *testing.T) {
	m := openRWMutex(t, "rw crowd")
	g, err := m.Lock(background)
	must(t, err)
	var all sync.WaitGroup
	for i := range 1000 {
		lock := m.RLock
		if i%10 == 0 {
			lock = m.Lock
		}
		all.Go(func() {
			g, err := lock(background)
			if err == nil {
				err = g.Unlock()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	untilWaiters(t, "rw crowd", 1000)
	if n := threads(t); n > 200 {
		t.Errorf("%d threads", n)
	}
	must(t, g.Unlock())
	all.Wait()
}

func TestRWMutex_tellsWhoWritesWhoReadsAndWhoWaits(t *testing.T) {
	m := openRWMutex(t, "rw told")
	c := start(t, "rwlocker")
	me, other := syscall.Getpid(), c.cmd.Process.Pid
	told := func() (holder, waiters int, holds, waits []int) {
		stats, err := family(t).Stats(background)
		must(t, err)
		for _, p := range stats.Processes {
			if slices.Contains(p.Holds, "rw told") {
				holds = append(holds, p.PID)
			}
			if slices.Contains(p.Waits, "rw told") {
				waits = append(waits, p.PID)
			}
		}
		for _, o := range stats.Objects {
			if o.Name == "rw told" && o.Kind == "rwmutex" {
				holder, waiters = o.Holder, o.Waiters
			}
		}
		return holder, waiters, holds, waits
	}
	g, err := m.RLock(background)
	must(t, err)
	c.tell("rlock rw told")
	c.expect("locked false")
	if holder, _, holds, _ := told(); holder != 0 || len(holds) != 2 || !slices.Contains(holds, me) || !slices.Contains(holds, other) {
		t.Errorf("while %d and %d read: %d writes, %v hold it", me, other, holder, holds)
	}
	c.tell("unlock")
	c.expect("unlocked")
	c.tell("lock rw told")
	untilWaiters(t, "rw told", 1)
	if holder, _, holds, waits := told(); holder != 0 || !slices.Equal(holds, []int{me}) || !slices.Equal(waits, []int{other}) {
		t.Errorf("while %d reads and %d waits: %d writes, %v hold it, %v wait", me, other, holder, holds, waits)
	}
	must(t, g.Unlock())
	c.expect("locked false")
	if holder, n, holds, _ := told(); holder != other || n != 0 || !slices.Equal(holds, []int{other}) {
		t.Errorf("while %d writes: %d writes, %v hold it, %d wait", other, holder, holds, n)
	}
}

func TestRWMutex_DeleteAndCloseEndInErrClosed(t *testing.T) {
	dir := t.TempDir()
	one, two := openSpace(t, dir+"/space", ipc.SpaceConfig{}), openSpace(t, dir+"/space", ipc.SpaceConfig{})
	open := func(s *ipc.Space) *ipc.RWMutex {
		m, err := ipc.OpenRWMutex(background, s, "rw")
		must(t, err)
		return m
	}
	waiting := func(n int) {
		until(t, fmt.Sprint(n, " wait"), func() bool {
			stats, err := two.Stats(background)
			must(t, err)
			return stats.Objects[0].Waiters == n
		})
	}
	m, other := open(one), open(two)
	g, err := m.RLock(background)
	must(t, err)
	ended := []<-chan result{begin(other.Lock, background)}
	waiting(1)
	ended = append(ended, begin(m.RLock, background), begin(other.RLock, background))
	waiting(3)
	must(t, two.Delete(background, "rw"))
	for _, done := range ended {
		if r := <-done; !errors.Is(r.err, ipc.ErrClosed) {
			t.Errorf("a wait for what is deleted ends in %v", r.err)
		}
	}
	must(t, g.Unlock())
	if err := g.Unlock(); !errors.Is(err, ipc.ErrNotHeld) {
		t.Errorf("second Unlock: %v", err)
	}

	m, other = open(one), open(two)
	g, err = m.RLock(background)
	must(t, err)
	closed := begin(m.Lock, background)
	waiting(1)
	goesOn := begin(other.Lock, background)
	waiting(2)
	must(t, one.Close())
	if r := <-closed; !errors.Is(r.err, ipc.ErrClosed) {
		t.Errorf("a wait in a closed space ends in %v", r.err)
	}
	if err := g.Unlock(); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Unlock in a closed space: %v", err)
	}
	r := <-goesOn
	must(t, r.err)
	if r.guard.Abandoned() {
		t.Error("closing a space has abandoned a lock that it only read and waited for")
	}
	must(t, r.guard.Unlock())
	must(t, two.Check(background))
}

func TestRWMutex_travels(t *testing.T) {
	m := openRWMutex(t, "rw travels")
	g, err := m.Lock(background)
	must(t, err)
	data, err := m.MarshalBinary()
	must(t, err)
	var received ipc.RWMutex
	must(t, received.UnmarshalBinary(data))
	if _, err := received.TryRLock(background); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("the handle that was received is another lock's: %v", err)
	}
	must(t, g.Unlock())
	if err := new(ipc.Mutex).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("its handle received as a mutex: %v", err)
	}
	if _, err := ipc.OpenMutex(background, family(t), "rw travels"); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("opened as a mutex: %v", err)
	}
}
