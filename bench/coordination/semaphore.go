package coordination

import (
	"context"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// semaphore opens one with so many permits. A pass is to acquire one and to release
// it.
func semaphore(permits int) func(ctx context.Context, s *ipc.Space) (stage.Passes, error) {
	return func(ctx context.Context, s *ipc.Space) (stage.Passes, error) {
		m, err := ipc.OpenSemaphore(ctx, s, "semaphore", permits)
		return func(n int) error {
			for range n {
				if err := m.Acquire(ctx, 1); err != nil {
					return err
				}
				if err := m.Release(ctx, 1); err != nil {
					return err
				}
			}
			return nil
		}, err
	}
}
