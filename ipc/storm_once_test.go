//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).once)
	stormChecks = append(stormChecks, checkStormOnce)
}

// Works of the storm are done one after the other; each adds one to the number of
// those that were done.
const (
	stormWork  = "which work"
	stormWorks = "works"
	manyWorks  = 2000
)

func (st *storm) once() error {
	which, err := ipc.OpenInt64(background, st.s, stormWork)
	if err != nil {
		return err
	}
	works, err := ipc.OpenInt64(background, st.s, stormWorks)
	if err != nil {
		return err
	}
	n, err := which.Load(background)
	if err != nil || n >= manyWorks {
		return err
	}
	o, err := ipc.OpenOnce(background, st.s, fmt.Sprint("storm's work ", n))
	if err != nil {
		return err
	}
	err = o.Do(background, func(context.Context) error {
		if st.lots.IntN(3) == 0 {
			return errWork
		}
		_, err := works.Add(background, 1)
		return err
	})
	if errors.Is(err, errWork) {
		return nil
	}
	if err != nil {
		return err
	}
	if done, err := works.Load(background); err != nil || done <= n {
		return fmt.Errorf("work %d is done, but only %d are (%w)", n, done, err)
	}
	_, err = which.CompareAndSwap(background, n, n+1)
	return err
}

// checkStormOnce: each work was done once, and again only where a process died.
func checkStormOnce(t *testing.T, s *ipc.Space, kills int) {
	begun, done := stormNumber(t, s, stormWork), stormNumber(t, s, stormWorks)
	t.Logf("%d works, done %d times", begun, done)
	if done < begun || done > begun+1+int64(kills) || begun == 0 {
		t.Error("works were left out, or done again though nobody died")
	}
}
