package locks

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/gofrs/flock"
	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// A lock is what the players written in Go play with.
type lock struct {
	lock   func() error
	passes stage.Passes // a pass is to lock and to unlock
}

var locks = map[string]func(ctx context.Context, file string) (lock, error){
	"multiproc": openMutex,
	"flock":     openFlock,
	"gofrs":     openGofrs,
	"sync":      newMutex,
}

func openMutex(ctx context.Context, file string) (lock, error) {
	s, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
	if err != nil {
		return lock{}, err
	}
	m, err := ipc.OpenMutex(ctx, s, "lock")
	if err != nil {
		return lock{}, err
	}
	return lock{
		func() error {
			_, err := m.Lock(ctx)
			return err
		},
		func(n int) error {
			for range n {
				g, err := m.Lock(ctx)
				if err != nil {
					return err
				}
				if err := g.Unlock(); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

func openFlock(_ context.Context, file string) (lock, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	return lock{
		func() error { return kernel.Flock(f) },
		func(n int) error {
			for range n {
				if err := kernel.Flock(f); err != nil {
					return err
				}
				if err := kernel.Funlock(f); err != nil {
					return err
				}
			}
			return nil
		},
	}, err
}

func openGofrs(_ context.Context, file string) (lock, error) {
	f := flock.New(file)
	return lock{
		f.Lock,
		func(n int) error {
			for range n {
				if err := f.Lock(); err != nil {
					return err
				}
				if err := f.Unlock(); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// newMutex is for this process alone.
func newMutex(context.Context, string) (lock, error) {
	var m sync.Mutex
	return lock{
		func() error { m.Lock(); return nil },
		func(n int) error {
			for range n {
				m.Lock()
				m.Unlock() //nolint:staticcheck // an empty section is what is measured
			}
			return nil
		},
	}, nil
}

func openLock(ctx context.Context, kind, file string) (lock, error) {
	open := locks[kind]
	if open == nil {
		return lock{}, fmt.Errorf("there is no lock %q", kind)
	}
	return open(ctx, file)
}
