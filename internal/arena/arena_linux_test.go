package arena

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair are two mappings of one memfd, each with an opening of its own.
func pair(t *testing.T) (one, two *Arena) {
	t.Helper()
	one, err := Memory(1 << 20)
	must(t, err)
	f, err := one.Reopen()
	must(t, err)
	two, err = FromFile(f.File)
	must(t, err)
	t.Cleanup(func() {
		one.Close()
		two.Close()
	})
	return one, two
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const never = time.Hour

func TestSleep_endsByAWakeInAnotherMapping(t *testing.T) {
	one, two := pair(t)
	slept := make(chan bool)
	go func() { slept <- one.Sleep(64, 7, never, nil, nil) }()
	if timedOut := <-slept; timedOut {
		t.Error("the word is not what it was to be, and yet the sleep timed out")
	}
	two.Store(64, 7)
	go func() { slept <- one.Sleep(64, 7, never, nil, nil) }()
	for awake := false; !awake; { // until the wake meets the sleeper
		select {
		case timedOut := <-slept:
			awake = true
			if timedOut {
				t.Error("a sleep of an hour timed out")
			}
		default:
			two.Wake(64, 1)
		}
	}
}

func TestSleep_passesOnAWakeThatMetOneWhoHasLeft(t *testing.T) {
	one, two := pair(t)
	slept := make(chan bool)
	go func() { slept <- one.Sleep(64, 0, never, nil, nil) }()
	left := &sleep{word: two.low(64), left: true}
	for hung := time.After(10 * time.Second); ; { // until it meets the sleeper
		select {
		case <-slept:
			return
		case <-hung:
			t.Fatal("the wake was lost with the one who has left")
		default:
			new(agents).answer(new(agent), []*sleep{left}, 1) // woken at its own word
		}
	}
}

func TestSleep_doesNotSpinOnAKernelWithoutWaitv(t *testing.T) {
	one, two := pair(t)
	number := waitvCall
	waitvCall = 1 << 20
	used := func() time.Duration {
		var usage unix.Rusage
		must(t, unix.Getrusage(unix.RUSAGE_SELF, &usage))
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	cpu, from := used(), time.Now()
	one.Sleep(64, 0, 400*time.Millisecond, nil, nil)
	if cpu, took := used()-cpu, time.Since(from); cpu > took/2 {
		t.Errorf("a sleep of %v took %v of a processor", took, cpu)
	}
	slept := make(chan bool)
	go func() { slept <- one.Sleep(64, 0, never, nil, nil) }()
	two.Store(64, 1)
	two.Wake(64, 1)
	if timedOut := <-slept; timedOut {
		t.Error("a sleep of an hour timed out")
	}
	for idle := false; !idle; { // or an agent would still call it
		sleepers.mu.Lock()
		if idle = len(sleepers.list) == 0; idle {
			waitvCall = number
		}
		sleepers.mu.Unlock()
	}
}

func TestSleep_endsByTimeAndByChannel(t *testing.T) {
	a, _ := pair(t)
	if !a.Sleep(0, 0, time.Millisecond, nil, nil) {
		t.Error("the sleep did not time out")
	}
	over := make(chan struct{})
	slept := make(chan bool)
	for range 2 {
		go func() { slept <- a.Sleep(0, 0, never, over, nil) }()
	}
	close(over)
	for range 2 {
		if <-slept {
			t.Error("a sleep of an hour timed out")
		}
	}
}

func TestSleep_manyWordsTakeFewThreads(t *testing.T) {
	a, _ := pair(t)
	const words = 5000
	var all sync.WaitGroup
	over := make(chan struct{})
	for i := range uint64(words) {
		all.Go(func() { a.Sleep(i*8, 0, never, over, nil) })
	}
	count := func() (n int) {
		sleepers.mu.Lock()
		defer sleepers.mu.Unlock()
		for _, a := range sleepers.list {
			n += len(a.sleeps)
		}
		return n
	}
	for count() < words {
		time.Sleep(time.Millisecond)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	must(t, err)
	if len(tasks) > maxAgents+50 {
		t.Errorf("%d threads for %d sleeps", len(tasks), words)
	}
	close(over)
	all.Wait()
}

func TestHeld_isSoUntilTheOpeningIsClosed(t *testing.T) {
	one, two := pair(t)
	if ok, err := one.TryLock(5); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := two.TryLock(5); ok || err != nil {
		t.Error("two have one slot's lock", err)
	}
	if held, err := two.Held(5); !held || err != nil {
		t.Error("the lock is not seen", err)
	}
	if held, err := two.Held(6); held || err != nil {
		t.Error("a lock is seen that nobody has", err)
	}
	must(t, one.Close())
	if held, err := two.Held(5); held || err != nil {
		t.Error("the lock outlives its opening", err)
	}
}

func TestReserve_isAnErrorBeyondTheArenasEnd(t *testing.T) {
	a, _ := pair(t)
	if err := a.Reserve(1<<20-4096, 8192); !errors.Is(err, ErrFull) {
		t.Errorf("beyond the end: %v", err)
	}
}

func TestReserve_isAnErrorWhereTheMachineHasNotSoMuchMemory(t *testing.T) {
	a, err := Memory(1 << 44)
	must(t, err)
	defer a.Close()
	if err := a.Reserve(0, a.Size()); !errors.Is(err, ErrSystemFull) && !errors.Is(err, ErrCgroupFull) {
		t.Errorf("a reservation of %d bytes: %v", a.Size(), err)
	}
}

func TestPunch_givesMemoryBackAndLeavesZeroes(t *testing.T) {
	a, _ := pair(t)
	must(t, a.Reserve(0, 1<<20))
	a.Store(8192, 42)
	must(t, a.Punch(8192, 4096))
	if v := a.Load(8192); v != 0 {
		t.Errorf("%d after the punch", v)
	}
}
