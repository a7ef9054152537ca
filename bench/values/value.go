package values

import (
	"context"
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// Which passes a player makes.
const (
	load  = "load"
	store = "store"
	mix   = "mix" // the player of index 0 stores, the others load
)

// player loads or stores a value. Its arguments are which of the two or the mix of
// them, what the value is (see open), the file, the work, and the work's own.
func player(ctx context.Context, args []string) error {
	if len(args) < 4 {
		return fmt.Errorf("player %q: want WHICH WHAT FILE WORK [ARGUMENT...]", args)
	}
	which, what, file, work := args[0], args[1], args[2], args[3:]
	s, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
	if err != nil {
		return err
	}
	loads, stores, err := open(ctx, s, what)
	if err != nil {
		return err
	}
	switch {
	case work[0] == "make":
		return stores(1)
	case which == store, which == mix && len(work) == 2 && work[1] == "0":
		return stage.Play(stores, work)
	case which == load, which == mix:
		return stage.Play(loads, work)
	}
	return fmt.Errorf("player: there is no %q", which)
}

// open opens a value that is an int64, which is called so, or so many bytes.
func open(ctx context.Context, s *ipc.Space, what string) (loads, stores stage.Passes, err error) {
	if what == "int64" {
		return passes(ctx, s, int64(1))
	}
	size, err := strconv.Atoi(what)
	if err != nil {
		return nil, nil, err
	}
	return passes(ctx, s, make([]byte, size))
}

func passes[T any](ctx context.Context, s *ipc.Space, x T) (loads, stores stage.Passes, err error) {
	v, err := ipc.OpenValue[T](ctx, s, "value")
	loads = func(n int) error {
		for range n {
			if _, err := v.Load(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	stores = func(n int) error {
		for range n {
			if err := v.Store(ctx, x); err != nil {
				return err
			}
		}
		return nil
	}
	return loads, stores, err
}
