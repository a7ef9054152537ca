package multiproc_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

type echoEnd = ipc.Conn[string, string]

var echoPipe = multiproc.Func("echoPipe", func(ctx context.Context, end *echoEnd) (int, error) {
	defer end.Close()
	for n := 0; ; n++ {
		s, err := end.Recv(ctx)
		if err == io.EOF {
			return n, nil
		}
		if err == nil {
			err = end.Send(ctx, s+", "+s)
		}
		if err != nil {
			return n, err
		}
	}
})

// idleEnd never looks at its end.
var idleEnd = multiproc.Func("idleEnd", func(ctx context.Context, end *echoEnd) (multiproc.None, error) {
	defer end.Close()
	<-ctx.Done()
	return multiproc.None{}, nil
})

// giveEnd returns an end of a new pipe.
var giveEnd = multiproc.Func("giveEnd", func(ctx context.Context, _ multiproc.None) (*echoEnd, error) {
	space, err := ipc.Family()
	if err != nil {
		return nil, err
	}
	a, _, err := ipc.NewPipe[string, string](ctx, space)
	return a, err
})

func newEchoPipe(t *testing.T) (a, b *echoEnd) {
	t.Helper()
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	a, b, err = ipc.NewPipe[string, string](t.Context(), space)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(a.Close(), b.Close(), space.Check(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return a, b
}

func atEnd(t *testing.T, end *echoEnd) {
	t.Helper()
	if s, err := end.Recv(within(t)); err != io.EOF {
		t.Errorf("received %q, %v; want io.EOF", s, err)
	}
}

func TestStart_hasHandedOverTheEndsOfPipesWhenItReturns(t *testing.T) {
	a, b := newEchoPipe(t)
	for range 3 { // and so on, from one child to the next
		p, err := echoPipe.Start(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Send(t.Context(), "hello"); err != nil {
			t.Fatal(err)
		}
		if s, err := a.Recv(within(t)); s != "hello, hello" || err != nil {
			t.Fatalf("%q, %v", s, err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		<-p.Done()
	}
	p, err := echoPipe.Start(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Send(t.Context(), "bye"); err != nil {
		t.Fatal(err)
	}
	if s, err := a.Recv(within(t)); s != "bye, bye" || err != nil {
		t.Fatalf("%q, %v", s, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Wait(within(t)); n != 1 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
}

// What the input held must not be collected before the child has it.
func TestStart_keepsTheEndsOfItsInput(t *testing.T) {
	a, b := newEchoPipe(t)
	data, err := b.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	var p *multiproc.Process[int]
	func() {
		only := new(echoEnd)
		if err := only.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if p, err = echoPipe.Start(t.Context(), only); err != nil {
			t.Fatal(err)
		}
	}()
	if err := a.Send(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	if s, err := a.Recv(within(t)); s != "hello, hello" || err != nil {
		t.Fatalf("%q, %v", s, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

func TestKill_endsTheEndsThatTheProcessHad(t *testing.T) {
	a, b := newEchoPipe(t)
	p, err := idleEnd.Start(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := a.Recv(context.Background())
		ended <- err
	}()
	killed := time.Now()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != io.EOF {
		t.Errorf("%v, want io.EOF", err)
	}
	t.Logf("told after %v", time.Since(killed))
	if err := a.Send(t.Context(), "anybody?"); err != io.ErrClosedPipe {
		t.Errorf("%v, want io.ErrClosedPipe", err)
	}
}

// A child that could not be started has nothing.
func TestStart_thatFailsLeavesTheEndsToTheParent(t *testing.T) {
	a, b := newEchoPipe(t)
	if _, err := echoPipe.Start(t.Context(), b, multiproc.WithDir("/nowhere at all")); err == nil {
		t.Fatal("started there")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	atEnd(t, a)
}

// Ends among siblings: what one sends, the other receives, and the parent has none.
func TestStart_siblingsTalkThroughAPipe(t *testing.T) {
	a, b := newEchoPipe(t)
	echo, err := echoPipe.Start(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := askPipe.Start(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err := ask.Wait(within(t)); s != "who, who" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	if n, err := echo.Wait(within(t)); n != 1 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
}

var askPipe = multiproc.Func("askPipe", func(ctx context.Context, end *echoEnd) (string, error) {
	defer end.Close()
	if err := end.Send(ctx, "who"); err != nil {
		return "", err
	}
	return end.Recv(ctx)
})

// A result arrives when the process that sent it is gone, and its ends with it.
func TestWait_ofAResultWithAnEndThatNobodyKeeps(t *testing.T) {
	p, err := giveEnd.Start(t.Context(), multiproc.None{})
	if err != nil {
		t.Fatal(err)
	}
	end, err := p.Wait(within(t))
	if !errors.Is(err, ipc.ErrNotFound) || !strings.Contains(err.Error(), "pipe") {
		t.Errorf("%v, %v", end, err)
	}
}
