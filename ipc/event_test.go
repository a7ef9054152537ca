//go:build linux

package ipc_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func TestEvent_letsAllProcessesGoOn(t *testing.T) {
	e, err := ipc.OpenEvent(background, family(t), "go")
	must(t, err)
	defer family(t).Delete(background, "go")
	var children []*child
	for range 3 {
		c := start(t, "waiter")
		c.tell("go")
		c.expect("waiting")
		children = append(children, c)
	}
	children[0].kill()
	must(t, e.Set(background))
	for _, c := range children[1:] {
		c.expect("set")
	}
	must(t, e.Clear(background))
	if set, err := e.IsSet(background); set || err != nil {
		t.Errorf("after Clear: %v, %v", set, err)
	}
}

func TestEvent_aClearDoesNotHideASet(t *testing.T) {
	e, err := ipc.OpenEvent(background, family(t), "")
	must(t, err)
	defer family(t).Delete(background, e.Name())
	for range 100 {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := e.Wait(background); err != nil {
					t.Error(err)
				}
			})
		}
		until(t, "three wait", func() bool { return waiters(t, e.Name()) == 3 })
		must(t, e.Set(background))
		must(t, e.Clear(background))
		all.Wait()
	}
}

func TestEvent_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	e, err := ipc.OpenEvent(background, family(t), "")
	must(t, err)
	defer family(t).Delete(background, e.Name())
	said := ""
	go func() {
		said = "it"
		e.Set(background)
	}()
	must(t, e.Wait(background))
	if said != "it" {
		t.Error("what came before Set is not seen after Wait")
	}
}

func TestDelete_endsInErrClosedForItsUsers(t *testing.T) {
	s := family(t)
	e, err := ipc.OpenEvent(background, s, "gone")
	must(t, err)
	n, err := ipc.OpenInt64(background, s, "gone too")
	must(t, err)
	m, err := ipc.OpenMutex(background, s, "gone as well")
	must(t, err)
	g, err := m.Lock(background)
	must(t, err)
	ended := make(chan error)
	go func() { ended <- e.Wait(background) }()
	go func() {
		_, err := m.Lock(background)
		ended <- err
	}()
	until(t, "they wait", func() bool { return waiters(t, "gone") == 1 && waiters(t, "gone as well") == 1 })
	for _, name := range []string{"gone", "gone too", "gone as well"} {
		must(t, s.Delete(background, name))
		if err := s.Delete(background, name); !errors.Is(err, ipc.ErrNotFound) {
			t.Errorf("second Delete: %v", err)
		}
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("a wait for what is deleted ends in %v", err)
		}
	}
	if _, err := n.Add(background, 1); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("Add to what is deleted: %v", err)
	}
	must(t, g.Unlock())
	if _, err := m.TryLock(background); !errors.Is(err, ipc.ErrClosed) {
		t.Errorf("TryLock of what is deleted: %v", err)
	}
	again, err := ipc.OpenInt64(background, s, "gone too")
	must(t, err)
	if v, err := again.Load(background); v != 0 || err != nil {
		t.Errorf("a new object of the same name is %d (%v)", v, err)
	}
	must(t, s.Delete(background, "gone too"))
}

func TestHandle_travels(t *testing.T) {
	m := openMutex(t, "travels")
	data, err := m.MarshalBinary()
	must(t, err)
	c := start(t, "receiver")
	c.tell("%x", data)
	c.expect("locked travels")
	if pid, _, err := m.Holder(background); pid != c.cmd.Process.Pid || err != nil {
		t.Errorf("the receiver holds another lock: %d holds ours (%v)", pid, err)
	}
	if err := new(ipc.Event).UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("a mutex's handle received as an event: %v", err)
	}
	if _, err := new(ipc.Mutex).MarshalBinary(); err == nil {
		t.Error("a handle that was not opened can be sent")
	}
}
