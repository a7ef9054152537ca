//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).permits)
	stormChecks = append(stormChecks, allPermitsBack)
}

const stormPermits = 4

// permits takes some permits, and locks while it has them.
func (st *storm) permits() error {
	m, err := ipc.OpenSemaphore(background, st.s, "storm's permits", stormPermits)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(10_000_000)))
	defer cancel()
	n := 1 + st.lots.IntN(stormPermits)
	if st.lots.IntN(3) == 0 {
		err = m.TryAcquire(ctx, n)
	} else {
		err = m.Acquire(ctx, n)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ipc.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	locks, err := st.lockSome(n)
	time.Sleep(time.Duration(st.lots.IntN(200_000))) // what permits are for takes its time
	for _, g := range locks {
		err = errors.Join(err, g.Unlock())
	}
	if st.lots.IntN(2) == 0 {
		return errors.Join(err, m.Release(background, n))
	}
	for range n {
		err = errors.Join(err, m.Release(background, 1))
	}
	return err
}

// lockSome takes up to n locks of as many as there are permits. Who has a lock has a
// permit: so who has all permits finds all locks free, unless more permits are out
// than there are.
func (st *storm) lockSome(n int) (locks []ipc.Guard, err error) {
	for i := range stormPermits {
		m, err := ipc.OpenMutex(background, st.s, fmt.Sprint("storm's place ", i))
		if err != nil {
			return locks, err
		}
		g, err := m.TryLock(background)
		switch {
		case err == nil:
			locks = append(locks, g)
		case n == stormPermits || !errors.Is(err, ipc.ErrLocked):
			return locks, fmt.Errorf("with %d permits of %d: %w", n, stormPermits, err)
		}
		if len(locks) == n {
			break
		}
	}
	return locks, nil
}

// allPermitsBack looks whether nobody has permits when all are dead.
func allPermitsBack(t *testing.T, s *ipc.Space, _ int) {
	m, err := ipc.OpenSemaphore(background, s, "storm's permits", stormPermits)
	must(t, err)
	available(t, m, stormPermits)
	must(t, m.TryAcquire(background, stormPermits))
	must(t, m.Release(background, stormPermits))
}
