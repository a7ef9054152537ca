package coordination

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/ipc"
)

// A game is between two processes that hand a ball to and fro.
type game struct {
	mutex   *ipc.Mutex
	hasBall [2]*ipc.Cond
	ball    *ipc.Int64 // whose it is, guarded by mutex
}

func openGame(ctx context.Context, s *ipc.Space, _ int) (turn, error) {
	var g game
	var errs [4]error
	g.mutex, errs[0] = ipc.OpenMutex(ctx, s, "mutex")
	g.hasBall[0], errs[1] = ipc.OpenCond(ctx, s, "first has it")
	g.hasBall[1], errs[2] = ipc.OpenCond(ctx, s, "second has it")
	g.ball, errs[3] = ipc.OpenInt64(ctx, s, "ball")
	return g.turn, errors.Join(errs[:]...)
}

// turn is a round trip for the first of the two.
func (g game) turn(ctx context.Context, index int) error {
	return holding(ctx, g.mutex, func(held *ipc.Guard) error {
		if index == 0 {
			return errors.Join(g.handOver(ctx, 1), g.await(ctx, held, 0))
		}
		return errors.Join(g.await(ctx, held, 1), g.handOver(ctx, 0))
	})
}

func (g game) handOver(ctx context.Context, to int) error {
	if err := g.ball.Store(ctx, int64(to)); err != nil {
		return err
	}
	return g.hasBall[to].Signal(ctx)
}

func (g game) await(ctx context.Context, held *ipc.Guard, who int) error {
	return until(ctx, g.hasBall[who], held, g.ball, func(owner int64) bool { return owner == int64(who) })
}

// holding calls f with the mutex locked.
func holding(ctx context.Context, m *ipc.Mutex, f func(held *ipc.Guard) error) error {
	held, err := m.Lock(ctx)
	if err != nil {
		return err
	}
	err = f(&held)
	return errors.Join(err, held.Unlock())
}

// until waits for the integer to be so.
func until(ctx context.Context, c *ipc.Cond, held *ipc.Guard, i *ipc.Int64, so func(v int64) bool) error {
	for {
		v, err := i.Load(ctx)
		if err != nil || so(v) {
			return err
		}
		if err := c.Wait(ctx, held); err != nil {
			return err
		}
	}
}
