package remote

import "context"

type event struct{ object }

func (e event) Set(ctx context.Context) error   { return e.call(ctx, "Set") }
func (e event) Clear(ctx context.Context) error { return e.call(ctx, "Clear") }
func (e event) Wait(ctx context.Context) error  { return e.call(ctx, "Wait") }

func (e event) IsSet(ctx context.Context) (bool, error) {
	return get[bool](ctx, e.reference, "IsSet")
}
