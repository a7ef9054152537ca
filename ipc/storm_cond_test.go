//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).cond)
	stormChecks = append(stormChecks, stormCond)
}

// cond puts goods there and signals, or waits until there are some and takes one. All
// that is put or taken is entered into the books, under the lock.
func (st *storm) cond() error {
	m, err := ipc.OpenMutex(background, st.s, "storm's store's lock")
	if err != nil {
		return err
	}
	c, err := ipc.OpenCond(background, st.s, "storm's store")
	if err != nil {
		return err
	}
	var goods, put, taken *ipc.Int64
	for name, n := range map[string]**ipc.Int64{"goods": &goods, "put": &put, "taken": &taken} {
		if *n, err = ipc.OpenInt64(background, st.s, name); err != nil {
			return err
		}
	}
	g, err := m.Lock(background)
	if err != nil {
		return err
	}
	switch st.lots.IntN(4) {
	case 0:
		_, err = put.Add(background, 2)
		if err == nil {
			_, err = goods.Add(background, 2)
		}
		return errors.Join(err, c.Signal(background), g.Unlock(), c.Signal(background))
	case 1:
		_, err = put.Add(background, 1)
		if err == nil {
			_, err = goods.Add(background, 1)
		}
		return errors.Join(err, c.Broadcast(background), g.Unlock())
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(20_000_000)))
	defer cancel()
	err = c.WaitFor(ctx, &g, func() bool {
		v, err := goods.Load(background)
		return err != nil || v > 0
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return g.Unlock()
	}
	if err == nil {
		_, err = goods.Add(background, -1)
	}
	if err == nil {
		_, err = taken.Add(background, 1)
	}
	return errors.Join(err, g.Unlock())
}

func stormCond(t *testing.T, s *ipc.Space, kills int) {
	goods, put, taken := stormNumber(t, s, "goods"), stormNumber(t, s, "put"), stormNumber(t, s, "taken")
	t.Logf("%d put, %d taken, %d there", put, taken, goods)
	// Each kill may leave two that were entered but not put there, or one that was taken
	// but not entered.
	if lost := put - taken - goods; goods < 0 || lost < 0 || lost > 2*int64(kills) || put == 0 || taken == 0 {
		t.Error("what was put is neither taken nor there")
	}
	m := openMeeting(t, "storm's store")
	g := m.hold()
	ended, cancel := context.WithCancel(background)
	cancel()
	if err := m.cond.Wait(ended, &g); !errors.Is(err, context.Canceled) {
		t.Errorf("there is a signal left: %v", err)
	}
	must(t, g.Unlock())
	waits := m.waiting(background)
	must(t, m.cond.Signal(background))
	must(t, <-waits)
}
