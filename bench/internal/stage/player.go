package stage

import (
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// Batch is how many passes there are between two looks at the clock.
const Batch = 16

// Passes makes so many passes: a loop over calls that can be inlined.
type Passes func(n int) error

// Play does the works of a player that are about passes. Its arguments are the
// work and the work's own.
func Play(passes Passes, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("a player wants a work")
	}
	numbers, err := Numbers(args[1:])
	if err != nil {
		return err
	}
	switch {
	case args[0] == "make" && len(numbers) == 0: // opening has made it
		return nil
	case args[0] == "uncontended" && len(numbers) == 2:
		return passes.uncontended(numbers[0], numbers[1])
	case args[0] == "contend" && len(numbers) == 1:
		return passes.contend()
	}
	return fmt.Errorf("a player has no work %q", args)
}

func (p Passes) uncontended(times, n int) error {
	for range times {
		begin := time.Now()
		if err := p(n); err != nil {
			return err
		}
		fmt.Println(float64(time.Since(begin)) / float64(n))
	}
	return nil
}

func (p Passes) contend() error {
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	fmt.Println("ready")
	var from, to int64
	if _, err := fmt.Scan(&from, &to); err != nil {
		return err
	}
	score, err := p.Between(clock.At(from), clock.At(to))
	if err != nil {
		return err
	}
	fmt.Println(score.Passes, score.Longest.Nanoseconds())
	return nil
}

// Between makes passes from one time to another.
func (p Passes) Between(begin, end time.Time) (s Score, err error) {
	time.Sleep(time.Until(begin))
	for before := time.Now(); before.Before(end); {
		if err := p(Batch); err != nil {
			return s, err
		}
		s.Passes += Batch
		after := time.Now()
		s.Longest = max(s.Longest, after.Sub(before))
		before = after
	}
	return s, nil
}
