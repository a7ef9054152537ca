//go:build linux

package ipc

import (
	"context"
	"errors"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// readersLock ends holdings and cannot begin them, as what stands in a reader's Guard.
type readersLock struct{ driver.Unlocker }

func TestCond_refusesGuardsOfReaders(t *testing.T) {
	ctx := context.Background()
	s, err := Family()
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenMutex(ctx, s, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenCond(ctx, s, "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := m.Lock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	reader := Guard{readersLock{m.object}, g.held}
	if err := c.Wait(ctx, &reader); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Wait: %v", err)
	}
	if err := c.WaitFor(ctx, &reader, func() bool { return true }); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("WaitFor: %v", err)
	}
	if err := g.Unlock(); err != nil {
		t.Errorf("what was refused is not held any more: %v", err)
	}
	for _, name := range []string{m.Name(), c.Name()} {
		if err := s.Delete(ctx, name); err != nil {
			t.Error(err)
		}
	}
}
