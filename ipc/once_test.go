//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["worker"] = worker }

var errWork = errors.New("the work failed")

// worker has work done that ends as it is told.
func worker(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	o, err := ipc.OpenOnce(background, s, hear())
	if err != nil {
		return err
	}
	say("here")
	for {
		hear()
		err := o.Do(background, func(context.Context) error {
			say("working")
			if hear() == "fail" {
				return errWork
			}
			return nil
		})
		say("%v", err)
	}
}

func startWorker(t *testing.T, name string) *child {
	t.Helper()
	c := start(t, "worker")
	c.tell("%s", name)
	c.expect("here")
	return c
}

func openOnce(t testing.TB, name string) *ipc.Once {
	t.Helper()
	o, err := ipc.OpenOnce(background, family(t), name)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, o.Name()) })
	return o
}

func isDone(t *testing.T, o *ipc.Once, want bool) {
	t.Helper()
	if done, err := o.Done(background); done != want || err != nil {
		t.Errorf("Done is %v (%v)", done, err)
	}
}

// doOnce has a goroutine have the work done, and counts it.
func doOnce(o *ipc.Once, times *int) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		ended <- o.Do(background, func(context.Context) error {
			*times++
			return nil
		})
	}()
	return ended
}

func TestOnce_isDoneByOneProcess(t *testing.T) {
	o := openOnce(t, "by one")
	isDone(t, o, false)
	children := []*child{startWorker(t, "by one"), startWorker(t, "by one"), startWorker(t, "by one")}
	children[0].tell("do")
	children[0].expect("working")
	for _, c := range children[1:] {
		c.tell("do")
	}
	times := 0
	ended := doOnce(o, &times)
	until(t, "three wait", func() bool { return waiters(t, o.Name()) == 3 })
	isDone(t, o, false)
	children[0].tell("succeed")
	for _, c := range children {
		c.expect("<nil>") // without having worked
	}
	must(t, <-ended)
	must(t, <-doOnce(o, &times))
	isDone(t, o, true)
	if times != 0 {
		t.Errorf("the work was done %d times more", times)
	}
}

func TestOnce_theNextDoesWhatFailed(t *testing.T) {
	o := openOnce(t, "failed")
	c := startWorker(t, "failed")
	c.tell("do")
	c.expect("working")
	times := 0
	ended := doOnce(o, &times)
	until(t, "one waits", func() bool { return waiters(t, o.Name()) == 1 })
	c.tell("fail")
	c.expect(errWork.Error())
	must(t, <-ended)
	if times != 1 {
		t.Errorf("the work was done %d times", times)
	}
	isDone(t, o, true)
}

func TestOnce_returnsTheErrorOfTheWorkAsItIs(t *testing.T) {
	o := openOnce(t, "")
	if err := o.Do(background, func(context.Context) error { return errWork }); err != errWork {
		t.Errorf("Do returns %v", err)
	}
	isDone(t, o, false)
}

func TestOnce_theNextDoesWhatPanicked(t *testing.T) {
	o := openOnce(t, "")
	func() {
		defer func() {
			if cause := recover(); cause != "oh" {
				t.Errorf("Do's caller recovers %v", cause)
			}
		}()
		o.Do(background, func(context.Context) error { panic("oh") })
	}()
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		o.Do(background, func(context.Context) error {
			runtime.Goexit()
			return nil
		})
		t.Error("Do returns though the work has ended the goroutine")
	}()
	<-exited
	isDone(t, o, false)
	times := 0
	must(t, <-doOnce(o, &times))
	if times != 1 {
		t.Errorf("the work was done %d times", times)
	}
}

func TestOnce_theNextDoesItWhenTheWorkerIsKilled(t *testing.T) {
	o := openOnce(t, "killed worker")
	c := startWorker(t, "killed worker")
	c.tell("do")
	c.expect("working")
	times := 0
	ended := doOnce(o, &times)
	until(t, "one waits", func() bool { return waiters(t, o.Name()) == 1 })
	killed := time.Now()
	c.kill()
	must(t, <-ended)
	t.Logf("the next had done the work %v after the kill", time.Since(killed))
	if times != 1 {
		t.Errorf("the work was done %d times", times)
	}
	isDone(t, o, true)
	must(t, family(t).Check(background))
}

func TestOnce_waitsForAWorkerThatIsStopped(t *testing.T) {
	o := openOnce(t, "stopped worker")
	c := startWorker(t, "stopped worker")
	c.tell("do")
	c.expect("working")
	c.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond) // several looks
	defer cancel()
	err := o.Do(ctx, func(context.Context) error {
		t.Error("two do the work at once")
		return nil
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Do while the worker is stopped: %v", err)
	}
	c.signal(syscall.SIGCONT)
	c.tell("succeed")
	c.expect("<nil>")
	isDone(t, o, true)
}

func TestOnce_givesItsContextToTheWork(t *testing.T) {
	o := openOnce(t, "")
	type key struct{}
	ctx := context.WithValue(background, key{}, "mine")
	must(t, o.Do(ctx, func(ctx context.Context) error {
		if ctx.Value(key{}) != "mine" {
			t.Error("the work has another context")
		}
		return nil
	}))
}

func TestOnce_deleteAndCloseEndWaits(t *testing.T) {
	path := t.TempDir() + "/space"
	closed, stays := openSpace(t, path, ipc.SpaceConfig{}), openSpace(t, path, ipc.SpaceConfig{})
	one, err := ipc.OpenOnce(background, closed, "o")
	must(t, err)
	two, err := ipc.OpenOnce(background, stays, "o")
	must(t, err)
	times := 0
	err = one.Do(background, func(context.Context) error {
		must(t, closed.Close())
		must(t, <-doOnce(two, &times)) // nobody does it any more
		return nil
	})
	if !errors.Is(err, ipc.ErrClosed) || times != 1 {
		t.Errorf("Do when the work closes its space: %v; %d others did it", err, times)
	}
	other, err := ipc.OpenOnce(background, stays, "other")
	must(t, err)
	err = other.Do(background, func(context.Context) error {
		ended := doOnce(other, &times)
		until(t, "one waits", func() bool {
			stats, err := stays.Stats(background)
			must(t, err)
			return slices.ContainsFunc(stats.Objects, func(o ipc.ObjectStat) bool { return o.Name == "other" && o.Waiters == 1 })
		})
		must(t, stays.Delete(background, "other"))
		if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("Do of what is deleted: %v", err)
		}
		return nil
	})
	if !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Do when the work deletes the Once: %v", err)
	}
	if _, err := other.Done(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Done of what is deleted: %v", err)
	}
}

func TestOnce_tellsWhoWorks(t *testing.T) {
	o := openOnce(t, "told worker")
	c := startWorker(t, "told worker")
	c.tell("do")
	c.expect("working")
	stats, err := family(t).Stats(background)
	must(t, err)
	for _, one := range stats.Objects {
		if one.Name == o.Name() && (one.Kind != "once" || one.Holder != c.cmd.Process.Pid) {
			t.Errorf("Stats has %+v", one)
		}
	}
	for _, p := range stats.Processes {
		if p.PID == c.cmd.Process.Pid && !slices.Contains(p.Holds, o.Name()) {
			t.Errorf("Stats has %+v", p)
		}
	}
}

func TestOnce_handleTravels(t *testing.T) {
	o := openOnce(t, "")
	data, err := o.MarshalBinary()
	must(t, err)
	var same ipc.Once
	must(t, same.UnmarshalBinary(data))
	times := 0
	must(t, <-doOnce(&same, &times))
	isDone(t, o, true)
	if err := new(ipc.Barrier).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) || !strings.Contains(fmt.Sprint(err), "once") {
		t.Errorf("a once's handle received as a barrier: %v", err)
	}
}

// The plain variable is what the race detector looks at.
func TestOnce_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	for range 100 {
		o := openOnce(t, "")
		written := 0
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				err := o.Do(background, func(context.Context) error {
					written++
					return nil
				})
				if err != nil || written != 1 {
					t.Errorf("after Do: %d, %v", written, err)
				}
			})
		}
		all.Wait()
	}
}
