package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type integer struct{ object }

func init() {
	standIn(func(r reference) driver.Int64 { return integer{object{r}} })
}

func (s space) OpenInt64(ctx context.Context, which driver.Which) (driver.Int64, error) {
	return get[driver.Int64](ctx, s.reference, "OpenInt64", which)
}

func (i integer) Load(ctx context.Context) (int64, error) {
	return get[int64](ctx, i.reference, "Load")
}

func (i integer) Store(ctx context.Context, v int64) error { return i.call(ctx, "Store", v) }

func (i integer) Add(ctx context.Context, delta int64) (int64, error) {
	return get[int64](ctx, i.reference, "Add", delta)
}

func (i integer) CompareAndSwap(ctx context.Context, old, new int64) (bool, error) {
	return get[bool](ctx, i.reference, "CompareAndSwap", old, new)
}
