package locks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// signals are two events, one for each way, and when the first was set.
type signals struct {
	there, back *ipc.Event
	sent        *ipc.Int64
}

func openSignals(ctx context.Context, file string) (s signals, err error) {
	space, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
	if err != nil {
		return s, err
	}
	var errs [3]error
	s.there, errs[0] = ipc.OpenEvent(ctx, space, "there")
	s.back, errs[1] = ipc.OpenEvent(ctx, space, "back")
	s.sent, errs[2] = ipc.OpenInt64(ctx, space, "sent")
	return s, errors.Join(errs[:]...)
}

// wake sets an event that another process waits for, so often, with so many
// microseconds of pause before each. The other one prints for each the
// microseconds from before Set to after Wait.
func wake(ctx context.Context, args []string) error {
	n, err := stage.Numbers(args)
	if err != nil || len(n) != 2 {
		return errors.Join(errors.New("wake: TIMES PAUSE"), err)
	}
	st, err := stage.New(ctx, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := openSignals(ctx, st.File())
	if err != nil {
		return err
	}
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	other := exec.CommandContext(ctx, "/proc/self/exe", "contestant", "locks", "wakee", st.File(), args[0])
	other.Stdout, other.Stderr = os.Stdout, os.Stderr
	kernel.DieWithThread(other)
	if err := other.Start(); err != nil {
		return err
	}
	for i := -1; i < n[0]; i++ { // the first one waits for the other's start
		if n[1] > 0 {
			time.Sleep(time.Duration(n[1]) * time.Microsecond)
		}
		if err := s.sent.Store(ctx, clock.Now()); err != nil {
			return err
		}
		if err := s.there.Set(ctx); err != nil {
			return err
		}
		if err := answered(ctx, s.back); err != nil {
			return err
		}
	}
	return other.Wait()
}

// wakee is the other process.
func wakee(ctx context.Context, args []string) error {
	n, err := stage.Numbers(args[1:])
	if err != nil {
		return err
	}
	s, err := openSignals(ctx, args[0])
	if err != nil {
		return err
	}
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	for i := -1; i < n[0]; i++ {
		if err := s.there.Wait(ctx); err != nil {
			return err
		}
		at := clock.Now()
		sent, err := s.sent.Load(ctx)
		if err != nil {
			return err
		}
		if err := s.there.Clear(ctx); err != nil {
			return err
		}
		if i >= 0 {
			fmt.Println(float64(at-sent) / 1e3)
		}
		if err := s.back.Set(ctx); err != nil {
			return err
		}
	}
	return nil
}

func answered(ctx context.Context, e *ipc.Event) error {
	if err := e.Wait(ctx); err != nil {
		return err
	}
	return e.Clear(ctx)
}
