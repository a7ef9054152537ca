//go:build linux

package ipc_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).value)
	stormChecks = append(stormChecks, checkStormValue)
}

const (
	stormValue    = "storm's value"
	stormSold     = "storm's sales"  // a value
	stormSaleDone = "storm's ledger" // what was acknowledged of it
)

// A tally is a number, and as many bytes as it has hundreds: one that does not fit
// together shows.
type tally struct {
	Sum  int64
	Rest []byte
}

func (x tally) grown() tally {
	x.Sum++
	x.Rest = bytes.Repeat([]byte{byte(x.Sum)}, int(x.Sum%100)*100)
	return x
}

func (x tally) check() error {
	if x.Sum == 0 && len(x.Rest) == 0 {
		return nil
	}
	if want := (tally{Sum: x.Sum - 1}).grown(); !bytes.Equal(x.Rest, want.Rest) {
		return fmt.Errorf("the tally %d has %d bytes that are not its own", x.Sum, len(x.Rest))
	}
	return nil
}

func (st *storm) value() error {
	v, err := ipc.OpenValue[[]byte](background, st.s, stormValue)
	if err != nil {
		return err
	}
	sold, err := ipc.OpenValue[tally](background, st.s, stormSold)
	if err != nil {
		return err
	}
	done, err := ipc.OpenInt64(background, st.s, stormSaleDone)
	if err != nil {
		return err
	}
	switch st.lots.IntN(4) {
	case 0:
		return v.Store(background, filled(st.lots.IntN(1000)))
	case 1:
		x, err := sold.Load(background)
		if err != nil {
			return err
		}
		return x.check()
	case 2:
		err := sold.Update(background, func(old tally) (tally, error) { return old.grown(), old.check() })
		if err != nil {
			return err
		}
		_, err = done.Add(background, 1)
		return err
	}
	data, err := v.Load(background)
	if err != nil {
		return err
	}
	return isFilled(data)
}

func checkStormValue(t *testing.T, s *ipc.Space, kills int) {
	v, err := ipc.OpenValue[tally](background, s, stormSold)
	must(t, err)
	sold, err := v.Load(background)
	must(t, err)
	must(t, sold.check())
	done := stormNumber(t, s, stormSaleDone)
	t.Logf("the value counts %d, %d acknowledged", sold.Sum, done)
	if sold.Sum < done || sold.Sum > done+int64(kills) {
		t.Error("what was acknowledged is not what the value counts")
	}
}
