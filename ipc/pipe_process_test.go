//go:build linux

package ipc_test

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["pipe end"] = pipeEnd
}

// note is what goes through the pipes of these tests.
type note struct {
	Number int
	Text   string
}

// pipeEnd gets an end, and does with it what it is told.
func pipeEnd(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	var end ipc.Conn[note, note]
	var data []byte
	if _, err := fmt.Sscanf(hear(), "%x", &data); err != nil {
		return err
	}
	err := end.UnmarshalBinary(data)
	say("have it: %v", err)
	for err == nil {
		verb, text, _ := strings.Cut(hear(), " ")
		switch verb {
		case "send":
			say("sent: %v", end.Send(background, note{len(text), text}))
		case "fill": // until it waits, and then on
			for n := 0; ; n++ {
				if err := end.Send(background, note{n, strings.Repeat("x", 100_000)}); err != nil {
					say("full of it: %v", err)
					break
				}
				say("filling")
			}
		case "receive":
			n, err := end.Recv(background)
			say("received %d %s: %v", n.Number, n.Text, err)
		case "close":
			say("closed: %v", end.Close())
		case "pass":
			data, err := end.MarshalBinary()
			if err != nil {
				return err
			}
			say("%x", data)
		}
	}
	return nil
}

// startEnd starts a process that has an end.
func startEnd(t testing.TB, end encoding.BinaryMarshaler) *child {
	t.Helper()
	data, err := end.MarshalBinary()
	must(t, err)
	c := start(t, "pipe end")
	c.tell("%x", data)
	c.expect("have it: <nil>")
	return c
}

type noteEnd = ipc.Conn[note, note]

func newPipe(t testing.TB) (a, b *noteEnd) {
	t.Helper()
	a, b, err := ipc.NewPipe[note, note](background, family(t))
	must(t, err)
	t.Cleanup(func() {
		a.Close()
		b.Close()
		must(t, family(t).Check(background))
	})
	return a, b
}

func receives(t testing.TB, c *noteEnd, want string) {
	t.Helper()
	got, err := c.Recv(background)
	if err != nil || got.Text != want {
		t.Fatalf("received %.60q (%v), want %.60q", got.Text, err, want)
	}
}

func isOver(t testing.TB, c *noteEnd) {
	t.Helper()
	if _, err := c.Recv(background); err != io.EOF {
		t.Errorf("%v, not io.EOF", err)
	}
	if err := c.Send(background, note{}); err != io.ErrClosedPipe {
		t.Errorf("%v, not io.ErrClosedPipe", err)
	}
	if ready, err := c.Poll(background); !ready || err != nil {
		t.Errorf("Poll says %v (%v)", ready, err)
	}
}

func TestConn_carriesBetweenProcesses(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, b)
	must(t, b.Close())
	for i := range 100 {
		must(t, a.Send(background, note{i, "there"}))
		c.tell("receive")
		c.expect(fmt.Sprintf("received %d there: <nil>", i))
		c.tell("send back %d", i)
		c.expect("sent: <nil>")
		receives(t, a, fmt.Sprint("back ", i))
	}
	c.tell("close")
	c.expect("closed: <nil>")
	isOver(t, a)
}

// What a process has sent before it dies arrives, and then the end.
func TestConn_endsWhenTheLastProcessDiesThatHasTheOtherEnd(t *testing.T) {
	a, b := newPipe(t)
	one, two := startEnd(t, b), startEnd(t, b)
	must(t, b.Close())
	for _, c := range []*child{one, two} {
		c.tell("send last words")
		c.expect("sent: <nil>")
		c.kill()
		receives(t, a, "last words")
		if c == one {
			if ready, err := a.Poll(background); ready || err != nil {
				t.Fatalf("one has the end still, and Poll says %v (%v)", ready, err)
			}
		}
	}
	isOver(t, a)
}

func TestConn_tellsAtOnceWhoWaits(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, b)
	must(t, b.Close())
	received := make(chan error)
	go func() {
		_, err := a.Recv(background)
		received <- err
	}()
	until(t, "one waits", func() bool { return waiters(t, a.Name()) == 1 })
	c.kill()
	killed := time.Now()
	if err := <-received; err != io.EOF {
		t.Errorf("%v, not io.EOF", err)
	}
	t.Logf("told after %v", time.Since(killed))
}

func TestConn_aSenderThatWaitsIsToldOfADeath(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, a)
	must(t, a.Close())
	c.tell("fill")
	for range 11 { // more than 1 MiB
		c.expect("filling")
	}
	d := startEnd(t, b)
	must(t, b.Close())
	d.tell("receive")
	if got := d.hear(); !strings.HasPrefix(got, "received 0 xxx") {
		t.Fatal(got)
	}
	c.expect("filling")
	d.kill()
	c.expect("full of it: io: read/write on closed pipe")
}

func TestConn_anEndGoesFromProcessToProcess(t *testing.T) {
	a, b := newPipe(t)
	last := startEnd(t, b)
	must(t, b.Close())
	for range 5 {
		last.tell("pass")
		data := last.hear()
		next := start(t, "pipe end")
		next.tell("%s", data)
		next.expect("have it: <nil>")
		last.kill()
		last = next
	}
	last.tell("send from far away")
	last.expect("sent: <nil>")
	receives(t, a, "from far away")
	last.kill()
	isOver(t, a)
}

func TestConn_anEndThatWasNotKeptIsNotFound(t *testing.T) {
	a, b := newPipe(t)
	data, err := b.MarshalBinary()
	must(t, err)
	must(t, b.Close())
	c := start(t, "pipe end")
	c.tell("%x", data)
	if got := c.hear(); !strings.Contains(got, "not found") || !strings.Contains(got, a.Name()) {
		t.Error(got)
	}
	isOver(t, a)
}

// A process that is stopped is alive: its end is there.
func TestConn_aStoppedProcessHasItsEnd(t *testing.T) {
	a, b := newPipe(t)
	c := startEnd(t, b)
	must(t, b.Close())
	c.signal(syscall.SIGSTOP)
	must(t, a.Send(background, note{Text: "wake up"}))
	if ready, err := a.Poll(background); ready || err != nil {
		t.Errorf("Poll says %v (%v)", ready, err)
	}
	c.signal(syscall.SIGCONT)
	c.tell("receive")
	c.expect("received 0 wake up: <nil>")
}

// Whoever dies, nothing is left of a pipe that nobody has.
func TestConn_leavesNothingBehind(t *testing.T) {
	s := family(t)
	before, err := s.Stats(background)
	must(t, err)
	for i := range 6 {
		a, b := newPipe(t)
		c := startEnd(t, b)
		must(t, b.Close())
		must(t, a.Send(background, note{Text: strings.Repeat("left ", 10_000)}))
		c.tell("send left, too")
		c.expect("sent: <nil>")
		if i%2 == 0 {
			c.kill()
			must(t, a.Close())
		} else {
			must(t, a.Close())
			c.kill()
		}
		c.invitation.Ended()
		after, err := s.Stats(background)
		must(t, err)
		if len(after.Objects) != len(before.Objects) {
			t.Fatalf("%d objects, and before %d", len(after.Objects), len(before.Objects))
		}
	}
}

// As with an os.File, an end that nobody can reach any more is closed.
func TestConn_isClosedWhenItIsForgotten(t *testing.T) {
	a, b := newPipe(t)
	func() {
		data, err := b.MarshalBinary()
		must(t, err)
		var forgotten noteEnd
		must(t, forgotten.UnmarshalBinary(data))
		must(t, b.Close())
		must(t, forgotten.Send(background, note{Text: "while it lasts"}))
	}()
	receives(t, a, "while it lasts")
	ended := make(chan error)
	go func() {
		_, err := a.Recv(background)
		ended <- err
	}()
	for {
		runtime.GC()
		select {
		case err := <-ended:
			if err != io.EOF {
				t.Error(err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func TestConn_ofANamedSpace(t *testing.T) {
	name := t.TempDir() + "/space"
	s, err := ipc.Open(background, name, ipc.SpaceConfig{})
	must(t, err)
	defer s.Close()
	a, b, err := ipc.NewPipe[note, note](background, s)
	must(t, err)
	c := startAlone(t, "pipe end")
	data, err := b.MarshalBinary()
	must(t, err)
	c.tell("%x", data)
	c.expect("have it: <nil>")
	must(t, b.Close())
	c.tell("send from another family")
	c.expect("sent: <nil>")
	receives(t, a, "from another family")
	ended := make(chan error)
	go func() {
		_, err := a.Recv(background)
		ended <- err
	}()
	must(t, s.Close())
	if err := <-ended; !errors.Is(err, ipc.ErrClosed) {
		t.Error(err)
	}
	c.tell("receive")
	c.expect("received 0 : EOF")
}
