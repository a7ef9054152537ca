package locks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/kernel"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

const (
	asleep   = 20 * time.Millisecond // after that the waiter has done all its spinning
	patience = time.Second           // after that it counts as never
	ending   = 10 * time.Millisecond // more patience for each MiB, which the kernel frees first
)

// kill prints the milliseconds from the SIGKILL of a holder until another process
// has the lock, so often; the holder has so many MiB. A watching conductor has the
// space open, as a parent has whose children share one.
func kill(ctx context.Context, args []string) error {
	return stage.Conduct(ctx, args, 2, func(s *stage.Stage, n []int, parent string) error {
		if parent == watching {
			space, err := ipc.Open(ctx, s.File(), ipc.SpaceConfig{})
			if err != nil {
				return err
			}
			defer func() { _ = space.Close() }()
		}
		clock, err := kernel.NewClock()
		if err != nil {
			return err
		}
		for range n[0] {
			ms, err := killHolder(s, clock, n[1])
			if errors.Is(err, errNever) {
				fmt.Println(harness.Never)
				return nil
			}
			if err != nil {
				return err
			}
			fmt.Println(ms)
		}
		return nil
	})
}

// Whether the conductor has the space open.
const (
	watching = "watching"
	absent   = "absent"
)

var errNever = errors.New("nobody got the lock")

func killHolder(s *stage.Stage, clock kernel.Clock, mib int) (ms float64, err error) {
	holder, err := s.Enter("hold", strconv.Itoa(mib))
	if err != nil {
		return 0, err
	}
	waiter, err := s.Enter("await")
	if err != nil {
		return 0, err
	}
	time.Sleep(asleep)
	begin := clock.Now()
	if err := holder.Kill(); err != nil {
		return 0, err
	}
	got := make(chan error, 1)
	var at int64
	go func() {
		_, err := fmt.Fscan(waiter.Out, &at)
		got <- err
	}()
	select {
	case err := <-got:
		return float64(at-begin) / 1e6, err
	case <-time.After(patience + time.Duration(mib)*ending):
		return 0, errNever
	}
}
