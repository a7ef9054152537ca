package locks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// soon is when players begin that were all told so.
const soon = 20 * time.Millisecond

// contend has so many players lock and unlock one lock for so many milliseconds.
// It prints how many million times a second they did, the percentage of the
// slowest, and the longest wait in ms. Its last arguments are a player's command.
func contend(ctx context.Context, args []string) error {
	if len(args) < 4 {
		return errors.New("contend wants processes, milliseconds, a placing and players")
	}
	n, err := numbers(args[:2])
	if err != nil {
		return err
	}
	s, err := newStage(ctx, args[3:])
	if err != nil {
		return err
	}
	defer s.close()
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	for i := range n[0] {
		processor := -1
		if args[2] == pinned {
			processor = i % runtime.NumCPU()
		}
		if _, err := s.enter(processor, "contend"); err != nil {
			return err
		}
	}
	took := time.Duration(n[1]) * time.Millisecond
	begin := clock.Now() + soon.Nanoseconds()
	for _, a := range s.cast {
		if _, err := fmt.Fprintln(a.in, begin, begin+took.Nanoseconds()); err != nil {
			return err
		}
	}
	counts, longest := make([]float64, n[0]), make([]float64, n[0])
	sum := 0.0
	for i, a := range s.cast {
		if _, err := fmt.Fscan(a.out, &counts[i], &longest[i]); err != nil {
			return fmt.Errorf("player %s: %w", strconv.Itoa(i), err)
		}
		sum += counts[i]
	}
	fmt.Println(sum/took.Seconds()/1e6, 100*slices.Min(counts)/sum, slices.Max(longest)/1e6)
	return nil
}
