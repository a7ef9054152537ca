//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func pipeOf[A, B any](t testing.TB) (*ipc.Conn[A, B], *ipc.Conn[B, A]) {
	t.Helper()
	a, b, err := ipc.NewPipe[A, B](background, family(t))
	must(t, err)
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return a, b
}

func TestConn_hasTwoTypes(t *testing.T) {
	a, b := pipeOf[string, []int](t)
	must(t, a.Send(background, "sum"))
	if got, err := b.Recv(background); got != "sum" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	must(t, b.Send(background, []int{1, 2, 3}))
	if got, err := a.Recv(background); fmt.Sprint(got) != "[1 2 3]" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestConn_carriesAnyEncodableType(t *testing.T) {
	a, b := pipeOf[any, any](t)
	for _, v := range []any{nil, "text", int64(-3), 2.5, true, []any{int64(1), "x"}, map[string]any{"k": int64(7)}} {
		must(t, a.Send(background, v))
		if got, err := b.Recv(background); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", v) || err != nil {
			t.Errorf("%#v came as %#v (%v)", v, got, err)
		}
	}
	err := a.Send(background, func() {})
	if !errors.Is(err, ipc.ErrType) {
		t.Errorf("a function: %v", err)
	}
	if ready, err := b.Poll(background); ready || err != nil {
		t.Errorf("what could not be sent arrived: %v", err)
	}
}

func TestNewPipe_refusesTypesThatCannotCross(t *testing.T) {
	type bad struct{ Done chan int }
	if _, _, err := ipc.NewPipe[int, bad](background, family(t)); !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "bad.Done") {
		t.Error(err)
	}
}

func TestConn_anEndOfOtherTypesIsErrMismatch(t *testing.T) {
	a, b := pipeOf[string, int](t)
	for _, one := range []struct {
		end  interface{ MarshalBinary() ([]byte, error) }
		into interface{ UnmarshalBinary([]byte) error }
	}{{a, new(ipc.Conn[string, string])}, {a, new(ipc.Conn[int, string])}, {b, new(ipc.Conn[string, int])}} {
		data, err := one.end.MarshalBinary()
		must(t, err)
		if err := one.into.UnmarshalBinary(data); !errors.Is(err, ipc.ErrMismatch) {
			t.Errorf("%T into %T: %v", one.end, one.into, err)
		}
	}
	var c ipc.Conn[string, int]
	for _, data := range [][]byte{nil, {2}, {0}, []byte("\x00nonsense")} {
		if err := c.UnmarshalBinary(data); err == nil {
			t.Errorf("%q is no end", data)
		}
	}
	var m ipc.Mutex
	data, err := a.MarshalBinary()
	must(t, err)
	if err := m.UnmarshalBinary(data[1:]); !errors.Is(err, ipc.ErrMismatch) {
		t.Errorf("a pipe as a mutex: %v", err)
	}
}

func TestConn_endsCanBeSent(t *testing.T) {
	type request struct {
		N     int
		Reply *ipc.Conn[int, struct{}]
	}
	clients, server := pipeOf[request, struct{}](t)
	nils := make(chan int)
	go func() {
		for {
			r, err := server.Recv(background)
			if err != nil {
				return
			}
			if r.Reply == nil {
				nils <- r.N
				continue
			}
			err = r.Reply.Send(background, r.N*r.N)
			if err := errors.Join(err, r.Reply.Close()); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range 20 {
		reply, mine := pipeOf[int, struct{}](t)
		must(t, clients.Send(background, request{i, reply}))
		if got, err := mine.Recv(background); got != i*i || err != nil {
			t.Errorf("%d, %v", got, err)
		}
		must(t, reply.Close())
		if _, err := mine.Recv(background); err != io.EOF {
			t.Errorf("%v after both holds are closed", err)
		}
	}
	must(t, clients.Send(background, request{-1, nil}))
	if n := <-nils; n != -1 {
		t.Errorf("%d has no end", n)
	}
}

func TestConn_cannotBeKeptInAnObject(t *testing.T) {
	a, _ := pipeOf[int, int](t)
	type box struct{ End *ipc.Conn[int, int] }
	v, err := ipc.OpenValue[box](background, family(t), "")
	must(t, err)
	defer family(t).Delete(background, v.Name())
	must(t, v.Store(background, box{}))
	if err := v.Store(background, box{a}); !errors.Is(err, ipc.ErrType) || !strings.Contains(err.Error(), "box.End") {
		t.Error(err)
	}
	in, err := ipc.OpenValue[any](background, family(t), "")
	must(t, err)
	defer family(t).Delete(background, in.Name())
	if err := in.Store(background, []any{a}); !errors.Is(err, ipc.ErrType) {
		t.Error(err)
	}
}

func TestConn_anEndOfTheFamilyStaysInIt(t *testing.T) {
	s, err := ipc.Open(background, t.TempDir()+"/space", ipc.SpaceConfig{})
	must(t, err)
	defer s.Close()
	type message struct{ End *ipc.Conn[int, int] }
	named, other, err := ipc.NewPipe[message, message](background, s)
	must(t, err)
	defer other.Close()
	a, _ := pipeOf[int, int](t)
	if err := named.Send(background, message{a}); !errors.Is(err, ipc.ErrType) {
		t.Error(err)
	}
}

func TestConn_afterCloseIsErrClosed(t *testing.T) {
	a, b := pipeOf[int, int](t)
	must(t, a.Close())
	must(t, a.Close())
	_, recv := a.Recv(background)
	_, poll := a.Poll(background)
	_, sent := a.MarshalBinary()
	for _, err := range []error{a.Send(background, 1), recv, poll, sent} {
		if !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("%v, not ErrClosed", err)
		}
	}
	if _, err := b.Recv(background); err != io.EOF {
		t.Error(err)
	}
}

func TestConn_contextsEndWaits(t *testing.T) {
	a, _ := pipeOf[[]byte, int](t)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(background)
	cancel(why)
	if _, err := a.Recv(ctx); !errors.Is(err, why) || !errors.Is(err, context.Canceled) {
		t.Errorf("Recv: %v", err)
	}
	must(t, a.Send(background, make([]byte, 1<<20+1)))
	if err := a.Send(ctx, nil); !errors.Is(err, why) || !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
}

func TestConn_valuesOfAnySize(t *testing.T) {
	a, b := pipeOf[[]byte, struct{}](t)
	for _, n := range []int{0, 1, 100, 5000, 70_000, 3 << 20, 64 << 20} {
		v := bytes.Repeat([]byte{byte(n), 1}, n/2)
		must(t, a.Send(background, v))
		got, err := b.Recv(background)
		must(t, err)
		if !bytes.Equal(got, v) {
			t.Errorf("%d bytes came as %d others", len(v), len(got))
		}
	}
}

// What one goroutine sends comes in its order, each value once, however many use both
// ends.
func TestConn_goroutinesOfOneProcess(t *testing.T) {
	type numbered struct{ Sender, N int }
	const senders, receivers, each = 4, 3, 2000
	a, b := pipeOf[numbered, struct{}](t)
	var sending, receiving sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for n := range each {
				if err := a.Send(background, numbered{i, n}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	total := 0
	for range receivers {
		receiving.Go(func() {
			last := make(map[int]int)
			count := 0
			for {
				v, err := b.Recv(background)
				if err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					break
				}
				if last[v.Sender] > v.N {
					t.Errorf("%d of sender %d comes after %d", v.N, v.Sender, last[v.Sender])
				}
				last[v.Sender] = v.N
				count++
			}
			mu.Lock()
			defer mu.Unlock()
			total += count
		})
	}
	sending.Wait()
	must(t, a.Close())
	receiving.Wait()
	if total != senders*each {
		t.Errorf("%d values arrived of %d", total, senders*each)
	}
}
