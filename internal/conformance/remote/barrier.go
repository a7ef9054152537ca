package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type barrier struct{ object }

func init() {
	standIn(func(r reference) driver.Barrier { return barrier{object{r}} })
}

func (s space) OpenBarrier(ctx context.Context, which driver.Which, parties int) (driver.Barrier, error) {
	return get[driver.Barrier](ctx, s.reference, "OpenBarrier", which, parties)
}

func (b barrier) Wait(ctx context.Context) (index int, err error) {
	return get[int](ctx, b.reference, "Wait")
}

func (b barrier) Abort(ctx context.Context) error { return b.call(ctx, "Abort") }
func (b barrier) Reset(ctx context.Context) error { return b.call(ctx, "Reset") }

func (b barrier) Waiting(ctx context.Context) (int, error) {
	return get[int](ctx, b.reference, "Waiting")
}

func (b barrier) Broken(ctx context.Context) (bool, error) {
	return get[bool](ctx, b.reference, "Broken")
}
