package queues

import (
	"context"
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

const (
	settling = 1500 * time.Millisecond // after that they look as rarely as they ever do
	watched  = 2500 * time.Millisecond
)

// idle prints the percentage of a processor that two processes use together that wait
// for a message of one another, after a thousand of them went to and fro.
func idle(ctx context.Context, args []string) error {
	return stage.Conduct(ctx, args, 0, func(s *stage.Stage, _ []int, work string) error {
		other, err := s.Enter(work)
		if err != nil {
			return err
		}
		l, err := openQueues(ctx, design{file: s.File(), size: ball, room: 16})
		if err != nil {
			return err
		}
		for range 1000 {
			if err := l.turn(0); err != nil {
				return err
			}
		}
		waiting := make(chan error, 1)
		go func() { waiting <- l.gets(1) }()
		share, err := processorShare()
		if err != nil {
			return err
		}
		var others float64
		if _, err := fmt.Fscan(other.Out, &others); err != nil {
			return err
		}
		select {
		case err := <-waiting:
			return fmt.Errorf("it did not wait: %w", err)
		default:
			fmt.Println(share + others)
			return nil
		}
	})
}

// idler is the other process of idle, a player.
func idler(ctx context.Context, args []string) error {
	if args[1] == "make" {
		return nil
	}
	l, err := openQueues(ctx, design{file: args[0], size: ball, room: 16, side: 1})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for range 1000 {
		if err := l.turn(1); err != nil {
			return err
		}
	}
	go func() { _ = l.gets(1) }() // which ends with this process
	share, err := processorShare()
	fmt.Println(share)
	return err
}

// processorShare is the percentage of a processor that this process uses once it has
// settled.
func processorShare() (float64, error) {
	time.Sleep(settling)
	before, err := kernel.ProcessorTime()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	time.Sleep(watched)
	after, err := kernel.ProcessorTime()
	return 100 * (after - before).Seconds() / time.Since(begin).Seconds(), err
}
