package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type cond struct{ object }

func init() {
	standIn(func(r reference) driver.Cond { return cond{object{r}} })
}

func (s space) OpenCond(ctx context.Context, which driver.Which) (driver.Cond, error) {
	return get[driver.Cond](ctx, s.reference, "OpenCond", which)
}

// Wait takes a lock of the same process.
func (c cond) Wait(ctx context.Context, lock driver.Locker, h driver.Holding) (driver.Holding, error) {
	return get[driver.Holding](ctx, c.reference, "Wait", lock, h)
}

func (c cond) Signal(ctx context.Context) error    { return c.call(ctx, "Signal") }
func (c cond) Broadcast(ctx context.Context) error { return c.call(ctx, "Broadcast") }
