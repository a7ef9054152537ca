package coordination

import (
	"context"

	"github.com/multiproc-go/multiproc/ipc"
)

// openBarrier makes a turn be a round.
func openBarrier(ctx context.Context, s *ipc.Space, parties int) (turn, error) {
	b, err := ipc.OpenBarrier(ctx, s, "barrier", parties)
	return func(ctx context.Context, _ int) error {
		_, err := b.Wait(ctx)
		return err
	}, err
}
