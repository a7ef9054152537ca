package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type event struct{ object }

func init() {
	standIn(func(r reference) driver.Event { return event{object{r}} })
}

func (s space) OpenEvent(ctx context.Context, which driver.Which) (driver.Event, error) {
	return get[driver.Event](ctx, s.reference, "OpenEvent", which)
}

func (e event) Set(ctx context.Context) error   { return e.call(ctx, "Set") }
func (e event) Clear(ctx context.Context) error { return e.call(ctx, "Clear") }
func (e event) Wait(ctx context.Context) error  { return e.call(ctx, "Wait") }

func (e event) IsSet(ctx context.Context) (bool, error) {
	return get[bool](ctx, e.reference, "IsSet")
}
