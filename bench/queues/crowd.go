package queues

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// crowd sends a message so often to a queue that so many goroutines of each of so
// many processes wait for, and prints the µs until the answer of the one that got it.
func crowd(ctx context.Context, args []string) error {
	return stage.Conduct(ctx, args, 3, func(s *stage.Stage, n []int, work string) error {
		processes, goroutines, times := n[0], n[1], n[2]
		for range processes {
			if _, err := s.Enter(work, strconv.Itoa(goroutines)); err != nil {
				return err
			}
		}
		if err := untilWaiting(ctx, s.File(), processes*goroutines); err != nil {
			return err
		}
		l, err := openQueues(ctx, inCrowd(s.File(), 0))
		if err != nil {
			return err
		}
		for range times {
			begin := time.Now()
			if err := l.turn(0); err != nil {
				return err
			}
			fmt.Println(float64(time.Since(begin)) / 1e3)
		}
		return nil
	})
}

func inCrowd(file string, side int) design {
	return design{file: file, size: ball, room: 16, side: side}
}

// waiters is a player of crowd: its goroutines answer for as long as they are let
// live.
func waiters(ctx context.Context, args []string) error {
	if args[1] == "make" {
		return nil
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	out, in, err := pair[[]byte](ctx, inCrowd(args[0], 1))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	wrong := make(chan error)
	for range n {
		go func() { wrong <- answer(ctx, out, in) }()
	}
	return <-wrong
}

func answer(ctx context.Context, out, in *ipc.Queue[[]byte]) error {
	for {
		m, err := in.Get(ctx)
		if err != nil {
			return err
		}
		if err := out.Put(ctx, m); err != nil {
			return err
		}
	}
}

// untilWaiting returns when so many goroutines wait in the space of that file.
func untilWaiting(ctx context.Context, file string, goroutines int) error {
	s, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
	if err != nil {
		return err
	}
	for waiting := 0; waiting < goroutines; {
		stats, err := s.Stats(ctx)
		if err != nil {
			return err
		}
		waiting = 0
		for _, o := range stats.Objects {
			waiting += o.Waiters
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}
