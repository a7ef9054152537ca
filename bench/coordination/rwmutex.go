package coordination

import (
	"context"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// writeEvery is of how many passes of the mix one is a writer's.
const writeEvery = 100

func openReads(ctx context.Context, s *ipc.Space) (stage.Passes, error) {
	m, err := ipc.OpenRWMutex(ctx, s, "rwmutex")
	return func(n int) error { return read(ctx, m, n) }, err
}

func openMix(ctx context.Context, s *ipc.Space) (stage.Passes, error) {
	m, err := ipc.OpenRWMutex(ctx, s, "rwmutex")
	return mixed(
		func(n int) error { return read(ctx, m, n) },
		func() error {
			g, err := m.Lock(ctx)
			if err != nil {
				return err
			}
			return g.Unlock()
		},
	), err
}

func read(ctx context.Context, m *ipc.RWMutex, n int) error {
	for range n {
		g, err := m.RLock(ctx)
		if err != nil {
			return err
		}
		if err := g.Unlock(); err != nil {
			return err
		}
	}
	return nil
}

// mixed has one pass of writeEvery be a write, the others reads.
func mixed(reads stage.Passes, write func() error) stage.Passes {
	left := writeEvery - 1 // reads before the next write
	return func(n int) error {
		for n > left {
			if err := reads(left); err != nil {
				return err
			}
			if err := write(); err != nil {
				return err
			}
			n -= left + 1
			left = writeEvery - 1
		}
		left -= n
		return reads(n)
	}
}
