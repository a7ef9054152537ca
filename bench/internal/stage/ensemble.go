package stage

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// Ensemble is a conductor that has so many players take so many turns together,
// placed so, and prints what the first one prints: the µs of each turn.
func Ensemble(ctx context.Context, args []string) error {
	return Conduct(ctx, args, 2, func(s *Stage, n []int, placing string) error {
		for i := range n[0] {
			if _, err := s.enter(processor(placing, i), "join", strconv.Itoa(i), strconv.Itoa(n[1])); err != nil {
				return err
			}
		}
		for i, a := range s.cast {
			if _, err := io.Copy(os.Stdout, a.Out); err != nil {
				return err
			}
			if err := a.cmd.Wait(); err != nil {
				return fmt.Errorf("player %d: %w", i, err)
			}
		}
		return nil
	})
}

// Join does the work of a player that is about turns. Its arguments are the index
// and how many turns. The first player's turn is what is measured; one more, before
// them, waits for all to be there.
func Join(turn func(index int) error, args []string) error {
	n, err := Numbers(args)
	if err != nil || len(n) != 2 {
		return fmt.Errorf("join %q: want INDEX TIMES", args)
	}
	index, times := n[0], n[1]
	fmt.Println("ready")
	took := make([]time.Duration, times+1)
	for i := range took {
		begin := time.Now()
		if err := turn(index); err != nil {
			return err
		}
		took[i] = time.Since(begin)
	}
	if index > 0 {
		return nil
	}
	for _, t := range took[1:] {
		fmt.Println(float64(t) / 1e3)
	}
	return nil
}
