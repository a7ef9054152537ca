package locks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// batch is how many locks and unlocks there are between two looks at the clock.
const batch = 16

// player does the works of peers/c/player.h with a lock of Go's. Its arguments are
// which lock, its file, the work, and the work's own.
func player(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return errors.New("player: KIND FILE WORK [ARGUMENT...]")
	}
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	l, err := openLock(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	switch numbers, err := numbers(args[3:]); {
	case err != nil:
		return err
	case args[2] == "make":
		return nil
	case args[2] == "uncontended" && len(numbers) == 2:
		return uncontended(l, numbers[0], numbers[1])
	case args[2] == "contend":
		return playContend(l, clock)
	case args[2] == "hold" && len(numbers) == 1:
		return hold(l, numbers[0])
	case args[2] == "await":
		fmt.Println("waiting")
		if err := l.lock(); err != nil {
			return err
		}
		fmt.Println(clock.Now())
		return nil
	}
	return fmt.Errorf("player: no work %q", args[2:])
}

func uncontended(l lock, times, n int) error {
	for range times {
		begin := time.Now()
		if err := l.passes(n); err != nil {
			return err
		}
		fmt.Println(float64(time.Since(begin)) / float64(n))
	}
	return nil
}

func playContend(l lock, clock kernel.Clock) error {
	fmt.Println("ready")
	var from, to int64
	if _, err := fmt.Scan(&from, &to); err != nil {
		return err
	}
	begin, end := clock.At(from), clock.At(to)
	time.Sleep(time.Until(begin))
	var count int
	var longest time.Duration
	for before := time.Now(); before.Before(end); {
		if err := l.passes(batch); err != nil {
			return err
		}
		count += batch
		after := time.Now()
		longest = max(longest, after.Sub(before))
		before = after
	}
	fmt.Println(count, longest.Nanoseconds())
	return nil
}

func hold(l lock, mib int) error {
	memory := make([]byte, mib<<20)
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
	if err := l.lock(); err != nil {
		return err
	}
	fmt.Println("held")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func numbers(args []string) ([]int, error) {
	var all []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}
