//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

var (
	stormTime = flag.Duration("storm", 3*time.Second, "how long the storm lasts")
	stormSeed = flag.Uint64("storm.seed", 0, "what the storm draws its lots by; 0: the time")
)

// What the storm does with other objects, each in a file of its own, and what has to
// be so when it is over.
var (
	stormSteps  []func(*storm) error
	stormChecks []func(t *testing.T, s *ipc.Space, kills int)
)

// TestStorm has processes use all objects while they are killed and stopped at
// random. Afterwards nothing that was done is lost or done twice, nothing is held,
// the space is whole, and nobody of the dead is left in it.
func TestStorm(t *testing.T) {
	seed := *stormSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-storm.seed=%d", seed)
	lots := rand.New(rand.NewPCG(seed, 1))
	const processes, locks = 4, 3
	s := family(t)
	children := make([]*child, processes)
	began := func(i int) {
		children[i] = start(t, "stormer")
		children[i].tell("%d %d", i, lots.Uint64())
	}
	for i := range children {
		began(i)
	}
	kills, stops := 0, 0
	for end := time.Now().Add(*stormTime); time.Now().Before(end); {
		time.Sleep(time.Duration(lots.IntN(4_000_000))) // how long the weather holds, not to make anything likely
		c := children[lots.IntN(processes)]
		if lots.IntN(2) == 0 {
			c.signal(syscall.SIGSTOP)
			stops++
			if lots.IntN(2) == 0 {
				time.Sleep(time.Duration(lots.IntN(150_000_000)))
			}
			c.signal(syscall.SIGCONT)
			continue
		}
		for i := range children {
			if children[i] == c {
				c.kill()
				kills++
				began(i)
			}
		}
	}
	for _, c := range children {
		c.tell("end")
	}
	for _, c := range children {
		for line := c.hear(); line != "ended"; line = c.hear() {
			t.Error(line)
		}
		c.kill()
	}
	t.Logf("%d kills, %d stops", kills, stops)
	total := int64(0)
	for i := range locks {
		n := stormNumber(t, s, fmt.Sprint("left ", i))
		total += n
		m := openMutex(t, fmt.Sprint("storm ", i))
		g, err := m.TryLock(background)
		must(t, err)
		must(t, g.Unlock())
	}
	acknowledged := int64(0)
	for i := range processes {
		acknowledged += stormNumber(t, s, fmt.Sprint("ledger ", i))
	}
	t.Logf("%d acknowledged, %d done", acknowledged, total)
	if total < acknowledged || total > acknowledged+int64(kills) || acknowledged == 0 {
		t.Error("what was acknowledged is not what was done")
	}
	for _, check := range stormChecks {
		check(t, s, kills)
	}
	must(t, s.Check(background))
	stats, err := s.Stats(background)
	must(t, err)
	if len(stats.Processes) != 1 {
		t.Errorf("left in the space: %+v", stats.Processes)
	}
	for _, o := range stats.Objects {
		if strings.HasPrefix(o.Name, "storm") && (o.Waiters != 0 || o.Holder != 0) {
			t.Errorf("left behind: %+v", o)
		}
		s.Delete(background, o.Name)
	}
}

func stormNumber(t *testing.T, s *ipc.Space, name string) int64 {
	n, err := ipc.OpenInt64(background, s, name)
	must(t, err)
	v, err := n.Load(background)
	must(t, err)
	return v
}

// stormer uses everything until it is told to end. Two numbers under each lock are
// the same, unless somebody died between changing them.
func stormer(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	which, seedText, _ := strings.Cut(hear(), " ")
	seed, err := strconv.ParseUint(seedText, 10, 64)
	if err != nil {
		return err
	}
	end := make(chan struct{})
	go func() {
		hear()
		close(end)
	}()
	st := storm{s: s, lots: rand.New(rand.NewPCG(seed, 2)), say: say}
	if st.ledger, err = ipc.OpenInt64(background, s, "ledger "+which); err != nil {
		return err
	}
	for {
		select {
		case <-end:
			say("ended")
			select {}
		default:
			if err := st.step(); err != nil {
				say("%v", err)
			}
		}
	}
}

type storm struct {
	s      *ipc.Space
	lots   *rand.Rand
	ledger *ipc.Int64
	say    func(string, ...any)
}

func (st *storm) step() error {
	switch n := st.lots.IntN(8 + len(stormSteps)); {
	case n == 0:
		return st.event()
	case n == 1:
		return st.temporary()
	case n < 8:
		return st.locked(st.lots.IntN(3))
	default:
		return stormSteps[n-8](st)
	}
}

func (st *storm) locked(i int) error {
	m, err := ipc.OpenMutex(background, st.s, fmt.Sprint("storm ", i))
	if err != nil {
		return err
	}
	left, err := ipc.OpenInt64(background, st.s, fmt.Sprint("left ", i))
	if err != nil {
		return err
	}
	right, err := ipc.OpenInt64(background, st.s, fmt.Sprint("right ", i))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(50_000_000)))
	defer cancel()
	g, err := m.Lock(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if err != nil {
		return err
	}
	l, _ := left.Load(background)
	r, _ := right.Load(background)
	if l != r && !g.Abandoned() {
		return fmt.Errorf("under lock %d: %d and %d, and nobody died", i, l, r)
	}
	left.Store(background, l+1)
	right.Store(background, l+1)
	if err := g.Unlock(); err != nil {
		return fmt.Errorf("unlock %d: %w", i, err)
	}
	_, err = st.ledger.Add(background, 1)
	return err
}

func (st *storm) event() error {
	e, err := ipc.OpenEvent(background, st.s, "storm's event")
	if err != nil {
		return err
	}
	switch st.lots.IntN(3) {
	case 0:
		return e.Set(background)
	case 1:
		return e.Clear(background)
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(10_000_000)))
	defer cancel()
	if err := e.Wait(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// temporary makes an object that others make, use and delete at the same time.
func (st *storm) temporary() error {
	name := fmt.Sprint("storm's own ", st.lots.IntN(3))
	m, err := ipc.OpenMutex(background, st.s, name)
	if err != nil {
		return err
	}
	g, err := m.TryLock(background)
	if err == nil {
		err = g.Unlock()
	}
	if err != nil && !errors.Is(err, ipc.ErrClosed) && !errors.Is(err, ipc.ErrLocked) {
		return err
	}
	if st.lots.IntN(2) == 0 {
		if err := st.s.Delete(background, name); err != nil && !errors.Is(err, ipc.ErrNotFound) {
			return err
		}
	}
	return nil
}
