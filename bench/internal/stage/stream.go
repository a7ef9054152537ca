package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// Stream is a conductor that has producers put and consumers get so many messages
// in all, and prints how many thousands of them a second that were, until the last
// one is there. Its arguments are how many producers, consumers and messages, the
// placing, and the player's command.
func Stream(ctx context.Context, args []string) error {
	return Conduct(ctx, args, 3, func(s *Stage, n []int, placing string) error {
		producers, consumers, count := n[0], n[1], n[2]
		clock, err := kernel.NewClock()
		if err != nil {
			return err
		}
		for i := range producers + consumers {
			work := []string{"put", strconv.Itoa(count / producers)}
			if i >= producers {
				work = []string{"get", strconv.Itoa(count / consumers)}
			}
			if _, err := s.enter(processor(placing, i), work...); err != nil {
				return err
			}
		}
		begin := clock.Now() + soon.Nanoseconds()
		for _, a := range s.cast {
			if _, err := fmt.Fprintln(a.in, begin); err != nil {
				return err
			}
		}
		end := begin
		for i, a := range s.cast {
			var done int64
			if _, err := fmt.Fscan(a.Out, &done); err != nil {
				return fmt.Errorf("player %d: %w", i, err)
			}
			end = max(end, done)
		}
		for i, a := range s.cast {
			if err := errors.Join(a.in.Close(), a.cmd.Wait()); err != nil {
				return fmt.Errorf("player %d: %w", i, err)
			}
		}
		PrintRate(count, time.Duration(end-begin))
		return nil
	})
}

// PrintRate prints thousands per second.
func PrintRate(count int, took time.Duration) {
	fmt.Println(float64(count) / 1e3 / took.Seconds())
}

// Flow does the work of a player that puts or gets so many messages.
func Flow(messages Passes, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	fmt.Println("ready")
	var begin int64
	told := bufio.NewReader(os.Stdin)
	if _, err := fmt.Fscan(told, &begin); err != nil {
		return err
	}
	time.Sleep(time.Until(clock.At(begin)))
	if err := messages(n); err != nil {
		return err
	}
	fmt.Println(clock.Now())
	_, err = io.Copy(io.Discard, told) // until all are done: what this one has open may carry more
	return err
}
