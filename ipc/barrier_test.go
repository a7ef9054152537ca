//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["party"] = party }

// party waits at a barrier, as often as it is told, and says how each Wait ended.
func party(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	b, err := barrierTold(s, hear())
	if err != nil {
		return err
	}
	say("here")
	for {
		hear()
		index, err := b.Wait(background)
		switch {
		case errors.Is(err, ipc.ErrBroken):
			say("broken")
		case err != nil:
			say("%v", err)
		default:
			say("index %d", index)
		}
	}
}

// barrierTold opens the barrier that the line tells of: parties and name.
func barrierTold(s *ipc.Space, line string) (*ipc.Barrier, error) {
	number, name, _ := strings.Cut(line, " ")
	parties, err := strconv.Atoi(number)
	if err != nil {
		return nil, err
	}
	return ipc.OpenBarrier(background, s, name, parties)
}

func startParty(t *testing.T, name string, parties int) *child {
	t.Helper()
	c := start(t, "party")
	c.tell("%d %s", parties, name)
	c.expect("here")
	return c
}

func openBarrier(t testing.TB, name string, parties int) *ipc.Barrier {
	t.Helper()
	b, err := ipc.OpenBarrier(background, family(t), name, parties)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, b.Name()) })
	return b
}

func untilWaiting(t testing.TB, b *ipc.Barrier, n int) {
	t.Helper()
	until(t, fmt.Sprint(n, " wait"), func() bool {
		waiting, err := b.Waiting(background)
		must(t, err)
		return waiting == n
	})
}

// waitAt has a goroutine wait at b.
func waitAt(ctx context.Context, b *ipc.Barrier) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		_, err := b.Wait(ctx)
		ended <- err
	}()
	return ended
}

func isBroken(t *testing.T, b *ipc.Barrier, want bool) {
	t.Helper()
	if broken, err := b.Broken(background); broken != want || err != nil {
		t.Errorf("Broken is %v (%v)", broken, err)
	}
}

func TestBarrier_aPartyThatIsKilledBreaksIt(t *testing.T) {
	b := openBarrier(t, "killed party", 3)
	c := startParty(t, "killed party", 3)
	c.tell("wait")
	untilWaiting(t, b, 1)
	ended := waitAt(background, b)
	until(t, "two wait", func() bool { return waiters(t, b.Name()) == 2 })
	killed := time.Now()
	c.kill()
	if err := <-ended; !errors.Is(err, ipc.ErrBroken) {
		t.Errorf("Wait while a party is killed: %v", err)
	}
	t.Logf("the other party had ErrBroken %v after the kill", time.Since(killed))
	isBroken(t, b, true)
	if _, err := b.Wait(background); !errors.Is(err, ipc.ErrBroken) {
		t.Errorf("Wait at a broken barrier: %v", err)
	}
	must(t, b.Reset(background))
	first, second := waitAt(background, b), waitAt(background, b)
	untilWaiting(t, b, 2)
	index, err := b.Wait(background)
	if index != 2 || err != nil {
		t.Errorf("after Reset Wait returns %d, %v", index, err)
	}
	must(t, <-first)
	must(t, <-second)
	must(t, family(t).Check(background))
}

// What is done in a round that is over is done, whoever dies.
func TestBarrier_aDeathAfterTheRoundBreaksNothing(t *testing.T) {
	b := openBarrier(t, "dead after", 2)
	c := startParty(t, "dead after", 2)
	c.tell("wait")
	untilWaiting(t, b, 1)
	c.signal(syscall.SIGSTOP)
	index, err := b.Wait(background)
	if index != 1 || err != nil {
		t.Errorf("Wait beside a stopped party: %d, %v", index, err)
	}
	ended := waitAt(background, b)
	untilWaiting(t, b, 1)
	c.kill()
	until(t, "only we wait, and Stats has swept", func() bool { return waiters(t, b.Name()) == 1 })
	isBroken(t, b, false)
	must(t, family(t).Check(background))
	_, err = b.Wait(background)
	must(t, err)
	must(t, <-ended)
}

func TestBarrier_aStoppedPartyDoesNotBreakIt(t *testing.T) {
	b := openBarrier(t, "stopped party", 3)
	c := startParty(t, "stopped party", 3)
	c.tell("wait")
	untilWaiting(t, b, 1)
	c.signal(syscall.SIGSTOP)
	ended := waitAt(background, b)
	for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); { // longer than any look
		isBroken(t, b, false)
		time.Sleep(10 * time.Millisecond)
	}
	untilWaiting(t, b, 2)
	index, err := b.Wait(background)
	if index != 2 || err != nil {
		t.Errorf("Wait returns %d, %v", index, err)
	}
	must(t, <-ended)
	c.signal(syscall.SIGCONT)
	c.expect("index 0")
}

func TestBarrier_theEndOfAContextBreaksIt(t *testing.T) {
	b := openBarrier(t, "given up", 3)
	c := startParty(t, "given up", 3)
	c.tell("wait")
	untilWaiting(t, b, 1)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(background)
	ended := waitAt(ctx, b)
	untilWaiting(t, b, 2)
	cancel(why)
	if err := <-ended; !errors.Is(err, context.Canceled) || !errors.Is(err, why) || errors.Is(err, ipc.ErrBroken) {
		t.Errorf("Wait whose context ends: %v", err)
	}
	c.expect("broken")
	if n, err := b.Waiting(background); n != 0 || err != nil {
		t.Errorf("%d wait at a broken barrier (%v)", n, err)
	}
	must(t, b.Reset(background))
	soon, done := context.WithTimeout(background, time.Millisecond)
	defer done()
	if _, err := b.Wait(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait until a deadline: %v", err)
	}
	c.tell("wait")
	c.expect("broken")
}

func TestBarrier_aContextThatHasEndedDoesNotHoldUpTheLast(t *testing.T) {
	b := openBarrier(t, "", 2)
	ended := waitAt(background, b)
	untilWaiting(t, b, 1)
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err := b.Wait(ctx)
	must(t, err)
	must(t, <-ended)
}

func TestBarrier_ofOnePartyHoldsNobodyUp(t *testing.T) {
	b := openBarrier(t, "", 1)
	for range 3 {
		if index, err := b.Wait(background); index != 0 || err != nil {
			t.Errorf("Wait returns %d, %v", index, err)
		}
	}
}

func TestBarrier_abortBreaksIt(t *testing.T) {
	b := openBarrier(t, "aborted", 3)
	c := startParty(t, "aborted", 3)
	c.tell("wait")
	untilWaiting(t, b, 1)
	must(t, b.Abort(background))
	c.expect("broken")
	isBroken(t, b, true)
	must(t, b.Abort(background))
	isBroken(t, b, true)
	c.tell("wait")
	c.expect("broken")
}

func TestBarrier_resetTurnsAwayThoseWhoWait(t *testing.T) {
	b := openBarrier(t, "reset", 3)
	must(t, b.Reset(background)) // does nothing
	c := startParty(t, "reset", 3)
	for range 50 {
		c.tell("wait")
		ended := waitAt(background, b)
		untilWaiting(t, b, 2)
		must(t, b.Reset(background))
		c.expect("broken")
		if err := <-ended; !errors.Is(err, ipc.ErrBroken) {
			t.Errorf("Wait while the barrier is reset: %v", err)
		}
		isBroken(t, b, false)
	}
	c.tell("wait")
	ended := waitAt(background, b)
	untilWaiting(t, b, 2)
	_, err := b.Wait(background)
	must(t, err)
	must(t, <-ended)
	c.hear()
}

// A process that is not watched by all is watched by one.
func TestBarrier_aDeathInALargeCompanyBreaksIt(t *testing.T) {
	const company = 20
	b := openBarrier(t, "company", company+1)
	var children []*child
	for range company {
		c := startParty(t, "company", company+1)
		c.tell("wait")
		children = append(children, c)
	}
	untilWaiting(t, b, company)
	until(t, "all sleep", func() bool { return waiters(t, b.Name()) == company })
	killed := time.Now()
	children[company/2].kill()
	for k, c := range children {
		if k != company/2 {
			c.expect("broken")
		}
	}
	t.Logf("%d others had ErrBroken %v after the kill", company-1, time.Since(killed))
}

func TestBarrier_deleteAndCloseEndWaits(t *testing.T) {
	b := openBarrier(t, "gone barrier", 2)
	ended := waitAt(background, b)
	untilWaiting(t, b, 1)
	must(t, family(t).Delete(background, "gone barrier"))
	if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Wait at what is deleted: %v", err)
	}
	if err := b.Reset(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Reset of what is deleted: %v", err)
	}

	path := t.TempDir() + "/space"
	closed, stays := openSpace(t, path, ipc.SpaceConfig{}), openSpace(t, path, ipc.SpaceConfig{})
	one, err := ipc.OpenBarrier(background, closed, "b", 3)
	must(t, err)
	two, err := ipc.OpenBarrier(background, stays, "b", 3)
	must(t, err)
	ended = waitAt(background, one)
	broken := waitAt(background, two)
	untilWaiting(t, two, 2)
	must(t, closed.Close())
	if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Wait in a space that is closed: %v", err)
	}
	if err := <-broken; !errors.Is(err, ipc.ErrBroken) {
		t.Errorf("Wait beside a party that closes its space: %v", err)
	}
	must(t, stays.Check(background))
}

func TestOpenBarrier_refusesPartiesThatCannotBe(t *testing.T) {
	for _, parties := range []int{0, -1, 1 << 20} {
		_, err := ipc.OpenBarrier(background, family(t), "wrong parties", parties)
		if !errors.Is(err, ipc.ErrRange) || !strings.Contains(err.Error(), fmt.Sprint(parties)) {
			t.Errorf("%d parties: %v", parties, err)
		}
	}
	openBarrier(t, "three parties", 3)
	_, err := ipc.OpenBarrier(background, family(t), "three parties", 4)
	if !errors.Is(err, ipc.ErrMismatch) || !strings.Contains(err.Error(), "3 parties, not 4") {
		t.Errorf("another number of parties: %v", err)
	}
}

func TestBarrier_tellsWhoWaits(t *testing.T) {
	b := openBarrier(t, "told party", 2)
	c := startParty(t, "told party", 2)
	c.tell("wait")
	until(t, "Stats tells who waits", func() bool {
		stats, err := family(t).Stats(background)
		must(t, err)
		for _, p := range stats.Processes {
			if p.PID == c.cmd.Process.Pid && fmt.Sprint(p.Waits) == "[told party]" {
				return true
			}
		}
		return false
	})
	if n := waiters(t, b.Name()); n != 1 {
		t.Errorf("%d wait", n)
	}
	_, err := b.Wait(background)
	must(t, err)
	c.expect("index 0")
	if n := waiters(t, b.Name()); n != 0 {
		t.Errorf("%d wait afterwards", n)
	}
}

func TestBarrier_handleTravels(t *testing.T) {
	b := openBarrier(t, "", 2)
	data, err := b.MarshalBinary()
	must(t, err)
	var same ipc.Barrier
	must(t, same.UnmarshalBinary(data))
	ended := waitAt(background, &same)
	untilWaiting(t, b, 1)
	_, err = b.Wait(background)
	must(t, err)
	must(t, <-ended)
}
