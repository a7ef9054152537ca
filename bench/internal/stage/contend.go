package stage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// soon is when players begin that were all told so.
const soon = 20 * time.Millisecond

// Contend is a conductor that has so many players make passes for so many
// milliseconds, placed so, and prints their scores.
func Contend(ctx context.Context, args []string) error {
	return Conduct(ctx, args, 2, func(s *Stage, n []int, placing string) error {
		clock, err := kernel.NewClock()
		if err != nil {
			return err
		}
		for i := range n[0] {
			if _, err := s.enter(processor(placing, i), "contend", strconv.Itoa(i)); err != nil {
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
		scores := make([]Score, n[0])
		for i, a := range s.cast {
			if _, err := fmt.Fscan(a.Out, &scores[i].Passes, &scores[i].Longest); err != nil {
				return fmt.Errorf("player %d: %w", i, err)
			}
		}
		PrintScores(scores, took)
		return nil
	})
}
