//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

// What Python's own tests check of multiprocessing.Pipe (_TestConnection, _TestPoll and
// _TestPicklingConnections in its _test_multiprocessing.py), and is to be so here, too.

func pollIs(t *testing.T, poll func(context.Context) (bool, error), want bool) {
	t.Helper()
	if ready, err := poll(background); ready != want || err != nil {
		t.Errorf("Poll says %v (%v), not %v", ready, err, want)
	}
}

func TestConn_pythonsConnection(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, b)
	must(t, b.Close())
	pollIs(t, a.Poll, false)
	must(t, a.Send(background, note{7, "seq"}))
	c.tell("receive")
	c.expect("received 7 seq: <nil>")
	c.tell("send and back")
	c.expect("sent: <nil>")
	pollIs(t, a.Poll, true)
	receives(t, a, "and back")
	pollIs(t, a.Poll, false)
	c.tell("close")
	c.expect("closed: <nil>")
	isOver(t, a)
}

func TestConn_pythonsReallyBigMessage(t *testing.T) {
	a, b := pipeOf[[]byte, []byte](t)
	big := bytes.Repeat([]byte("X"), 16<<20)
	echoed := make(chan error)
	go func() {
		data, err := b.Recv(background)
		if err == nil {
			err = b.Send(background, data)
		}
		echoed <- err
	}()
	must(t, a.Send(background, big))
	got, err := a.Recv(background)
	must(t, errors.Join(err, <-echoed))
	if !bytes.Equal(got, big) {
		t.Errorf("%d other bytes came back", len(got))
	}
}

// In Python's test_spawn_close the parent closes its end as soon as the child has it.
func TestConn_pythonsSpawnClose(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, b)
	must(t, b.Close())
	must(t, a.Send(background, note{0, "hello"}))
	c.tell("receive")
	c.expect("received 0 hello: <nil>")
}

func TestConn_pythonsContext(t *testing.T) {
	a, b := pipeOf[int, int](t)
	func() {
		defer a.Close()
		defer b.Close()
		must(t, a.Send(background, 1729))
		if v, err := b.Recv(background); v != 1729 || err != nil {
			t.Errorf("%d, %v", v, err)
		}
	}()
	if _, err := b.Recv(background); !errors.Is(err, ipc.ErrClosed) {
		t.Error(err)
	}
}

func TestConn_pythonsEmptyString(t *testing.T) {
	a, b := pipeOf[string, string](t)
	pollIs(t, a.Poll, false)
	must(t, b.Send(background, ""))
	pollIs(t, a.Poll, true)
	pollIs(t, a.Poll, true)
	if s, err := a.Recv(background); s != "" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	pollIs(t, a.Poll, false)
}

func TestConn_pythonsBoundaries(t *testing.T) {
	a, b := pipeOf[[]byte, []byte](t)
	messages := [][]byte{[]byte("a"), []byte("b"), []byte("cd"), nil, bytes.Repeat([]byte("x"), 5000), []byte("!")}
	for _, m := range messages {
		must(t, b.Send(background, m))
	}
	must(t, b.Close())
	var got [][]byte
	for {
		pollIs(t, a.Poll, true) // also before the end, which Recv tells at once
		m, err := a.Recv(background)
		if err == io.EOF {
			break
		}
		must(t, err)
		got = append(got, m)
	}
	if !slices.EqualFunc(got, messages, bytes.Equal) {
		t.Errorf("%q came as %q", messages, got)
	}
}

// An end goes through another pipe, and is used where it arrives.
func TestConn_pythonsPickling(t *testing.T) {
	a, b := pipeOf[*ipc.Conn[string, int], struct{}](t)
	near, far := pipeOf[int, string](t)
	must(t, a.Send(background, far))
	arrived, err := b.Recv(background)
	must(t, err)
	defer arrived.Close()
	must(t, far.Close())
	must(t, near.Send(background, 42))
	if v, err := arrived.Recv(background); v != 42 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	must(t, arrived.Send(background, "thanks"))
	if s, err := near.Recv(background); s != "thanks" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
}

// In Python who reads from a process that is killed while it sends gets a part of a
// message, and waits for the rest.
func TestConn_whatIsSentByOneWhoIsKilledIsWhole(t *testing.T) {
	for range 5 {
		a, b := newPipe(t)
		c := startEnd(t, b)
		must(t, b.Close())
		c.tell("fill")
		for range 20 {
			receivesWhole(t, a)
		}
		c.kill()
		left := 0
		for receivesWhole(t, a) {
			left++
		}
		if left > 12 {
			t.Errorf("%d values of 100 kB were under way", left)
		}
		isOver(t, a)
	}
}

// receivesWhole returns false at the end.
func receivesWhole(t *testing.T, c *noteEnd) bool {
	t.Helper()
	got, err := c.Recv(background)
	if err == io.EOF {
		return false
	}
	must(t, err)
	if len(got.Text) != 100_000 {
		t.Errorf("%d bytes of 100,000", len(got.Text))
	}
	return true
}
