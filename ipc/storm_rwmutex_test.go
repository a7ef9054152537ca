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
	stormSteps = append(stormSteps, (*storm).readOrWrite)
	stormChecks = append(stormChecks, checkStormRWMutex)
}

// readOrWrite has readers find two numbers equal that writers change one after the
// other, unless a writer has died.
func (st *storm) readOrWrite() error {
	p, err := openRWPair(st.s, "storm's rw ")
	if err != nil {
		return err
	}
	writes, tries := st.lots.IntN(4) == 0, st.lots.IntN(4) == 0
	how := map[[2]bool]func(context.Context) (ipc.Guard, error){
		{false, false}: p.lock.RLock, {false, true}: p.lock.TryRLock,
		{true, false}: p.lock.Lock, {true, true}: p.lock.TryLock,
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(50_000_000)))
	defer cancel()
	g, err := how[[2]bool{writes, tries}](ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ipc.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.compare(); err != nil && !g.Abandoned() {
		return err
	}
	if writes {
		p.write()
	}
	return g.Unlock()
}

func checkStormRWMutex(t *testing.T, s *ipc.Space, _ int) {
	p, err := openRWPair(s, "storm's rw ")
	must(t, err)
	g, err := p.lock.TryLock(background)
	must(t, err)
	if err := p.compare(); err != nil && !g.Abandoned() {
		t.Error(err)
	}
	written, err := p.right.Load(background)
	must(t, err)
	t.Logf("%d writes under the lock for readers and writers", written)
	if written == 0 {
		t.Error("nobody came to write")
	}
	must(t, g.Unlock())
}
