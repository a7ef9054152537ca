package driver

import "context"

// A Barrier lets its parties go on once all of them wait.
type Barrier interface {
	Object
	Wait(ctx context.Context) (index int, err error)
	Abort(ctx context.Context) error
	Reset(ctx context.Context) error
	Waiting(ctx context.Context) (int, error)
	Broken(ctx context.Context) (bool, error)
}
