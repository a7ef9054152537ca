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
	stormSteps = append(stormSteps, (*storm).barrier)
	stormChecks = append(stormChecks, checkStormBarrier)
}

const stormBarrier = "storm's barrier"

func stormIndex(index int) string { return fmt.Sprint("met as ", index) }

// barrier meets one other at a barrier that is broken most of the time, and now and
// then mends it.
func (st *storm) barrier() error {
	b, err := ipc.OpenBarrier(background, st.s, stormBarrier, 2)
	if err != nil {
		return err
	}
	if st.lots.IntN(3) == 0 {
		return b.Reset(background)
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(20_000_000)))
	defer cancel()
	index, err := b.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ipc.ErrBroken) {
		return nil
	}
	if err != nil {
		return err
	}
	met, err := ipc.OpenInt64(background, st.s, stormIndex(index))
	if err == nil {
		_, err = met.Add(background, 1)
	}
	return err
}

// checkStormBarrier: nobody has met nobody, and nobody is left counted.
func checkStormBarrier(t *testing.T, s *ipc.Space, kills int) {
	first, second := stormNumber(t, s, stormIndex(0)), stormNumber(t, s, stormIndex(1))
	t.Logf("%d met %d at the barrier", first, second)
	if max(first, second)-min(first, second) > int64(kills) || first == 0 {
		t.Errorf("%d were the first in a round, %d the second", first, second)
	}
	b := openBarrier(t, stormBarrier, 2)
	if n, err := b.Waiting(background); n != 0 || err != nil {
		t.Errorf("%d wait after all have ended (%v)", n, err)
	}
	must(t, b.Reset(background))
	ended := waitAt(background, b)
	_, err := b.Wait(background)
	must(t, err)
	must(t, <-ended)
}
