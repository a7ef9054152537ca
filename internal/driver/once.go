package driver

import "context"

// A Once has its work done in one process only.
type Once interface {
	Object

	// Begin waits until the work is done, or the caller is to do it and then End
	// the holding.
	Begin(ctx context.Context) (work Holding, done bool, err error)

	// End says whether the work is done. If not, another does it.
	End(work Holding, done bool) error

	Done(ctx context.Context) (bool, error)
}
