package locks

import (
	"context"
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

// idle prints the percentage of a processor that a process uses in which one
// goroutine has waited for two seconds, for a mutex or an event.
func idle(ctx context.Context, args []string) error {
	return inSpace(ctx, func(s *ipc.Space, file string) error {
		waiting := make(chan error, 1)
		switch args[0] {
		case "mutex":
			held, _, err := holdMany(ctx, s, 1)
			if err != nil {
				return err
			}
			go func() { waiting <- pass(ctx, held[0]) }()
		case "event":
			e, err := ipc.OpenEvent(ctx, s, "")
			if err != nil {
				return err
			}
			go func() { waiting <- e.Wait(ctx) }()
		}
		if err := untilWaiting(ctx, s, 1); err != nil {
			return err
		}
		time.Sleep(2 * time.Second) // by then it looks as rarely as it ever does
		share, err := processorShare(4 * time.Second)
		if err != nil {
			return err
		}
		select {
		case err := <-waiting:
			return fmt.Errorf("it did not wait: %w", err)
		default:
			fmt.Println(share)
			return nil
		}
	})
}
