package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// background is the context of methods that have none.
var background = context.Background()

// A space has, beside these, a method in each object's file that opens one.
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
