package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// background is the context of methods that have none.
var background = context.Background()

type space struct{ reference }

func (s space) Name() string {
	name, _ := get[string](background, s.reference, "Name")
	return name
}

func (s space) Identity() (uint64, error) {
	return get[uint64](background, s.reference, "Identity")
}

func (s space) Close() error { return s.call(background, "Close") }

func (s space) Delete(ctx context.Context, name string) error { return s.call(ctx, "Delete", name) }

func (s space) Stats(ctx context.Context) (driver.Stats, error) {
	return get[driver.Stats](ctx, s.reference, "Stats")
}

func (s space) Check(ctx context.Context) error { return s.call(ctx, "Check") }

func (s space) OpenMutex(ctx context.Context, which driver.Which) (driver.Mutex, error) {
	return get[driver.Mutex](ctx, s.reference, "OpenMutex", which)
}

func (s space) OpenEvent(ctx context.Context, which driver.Which) (driver.Event, error) {
	return get[driver.Event](ctx, s.reference, "OpenEvent", which)
}

func (s space) OpenInt64(ctx context.Context, which driver.Which) (driver.Int64, error) {
	return get[driver.Int64](ctx, s.reference, "OpenInt64", which)
}
