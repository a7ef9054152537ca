package coordination

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/ipc"
)

// An assembly is one process that wakes all others as soon as all of them wait.
type assembly struct {
	others  int64
	mutex   *ipc.Mutex
	allWait *ipc.Cond
	proceed *ipc.Cond
	waiting *ipc.Int64 // guarded by mutex, as round is
	round   *ipc.Int64
}

func openAssembly(ctx context.Context, s *ipc.Space, parties int) (turn, error) {
	a := assembly{others: int64(parties) - 1}
	var errs [5]error
	a.mutex, errs[0] = ipc.OpenMutex(ctx, s, "mutex")
	a.allWait, errs[1] = ipc.OpenCond(ctx, s, "all wait")
	a.proceed, errs[2] = ipc.OpenCond(ctx, s, "proceed")
	a.waiting, errs[3] = ipc.OpenInt64(ctx, s, "waiting")
	a.round, errs[4] = ipc.OpenInt64(ctx, s, "round")
	return a.turn, errors.Join(errs[:]...)
}

func (a assembly) turn(ctx context.Context, index int) error {
	return holding(ctx, a.mutex, func(held *ipc.Guard) error {
		if index == 0 {
			return a.lead(ctx, held)
		}
		return a.follow(ctx, held)
	})
}

func (a assembly) lead(ctx context.Context, held *ipc.Guard) error {
	if err := until(ctx, a.allWait, held, a.waiting, func(n int64) bool { return n == a.others }); err != nil {
		return err
	}
	if err := a.waiting.Store(ctx, 0); err != nil {
		return err
	}
	if _, err := a.round.Add(ctx, 1); err != nil {
		return err
	}
	return a.proceed.Broadcast(ctx)
}

func (a assembly) follow(ctx context.Context, held *ipc.Guard) error {
	round, err := a.round.Load(ctx)
	if err != nil {
		return err
	}
	waiting, err := a.waiting.Add(ctx, 1)
	if err != nil {
		return err
	}
	if waiting == a.others {
		if err := a.allWait.Signal(ctx); err != nil {
			return err
		}
	}
	return until(ctx, a.proceed, held, a.round, func(n int64) bool { return n != round })
}
