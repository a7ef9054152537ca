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
		return s.join(n[0], placing, strconv.Itoa(n[1]))
	})
}

// Duet is an Ensemble of two, the first of which rests before each turn. Its
// arguments are how many turns, the µs of a rest, the placing and the player's
// command.
func Duet(ctx context.Context, args []string) error {
	return Conduct(ctx, args, 2, func(s *Stage, n []int, placing string) error {
		return s.join(2, placing, strconv.Itoa(n[0]), strconv.Itoa(n[1]))
	})
}

func (s *Stage) join(players int, placing string, turns ...string) error {
	for i := range players {
		if _, err := s.enter(processor(placing, i), append([]string{"join", strconv.Itoa(i)}, turns...)...); err != nil {
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
}

// Join does the work of a player that is about turns. Its arguments are the index,
// how many turns, and the µs of the first one's rests. The first player's turn is
// what is measured; one more, before them, waits for all to be there.
func Join(turn func(index int) error, args []string) error {
	n, err := Numbers(args)
	if err != nil || len(n) < 2 || len(n) > 3 {
		return fmt.Errorf("join %q: want INDEX TIMES [REST]", args)
	}
	index, times, rest := n[0], n[1], time.Duration(0)
	if len(n) == 3 && index == 0 {
		rest = time.Duration(n[2]) * time.Microsecond
	}
	fmt.Println("ready")
	took := make([]time.Duration, times+1)
	for i := range took {
		if rest > 0 {
			time.Sleep(rest)
		}
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
