package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type semaphore struct{ object }

func init() {
	standIn(func(r reference) driver.Semaphore { return semaphore{object{r}} })
}

func (s space) OpenSemaphore(ctx context.Context, which driver.Which, permits int) (driver.Semaphore, error) {
	return get[driver.Semaphore](ctx, s.reference, "OpenSemaphore", which, permits)
}

func (m semaphore) Acquire(ctx context.Context, n int) error { return m.call(ctx, "Acquire", n) }
func (m semaphore) TryAcquire(n int) error                   { return m.call(background, "TryAcquire", n) }
func (m semaphore) Release(ctx context.Context, n int) error { return m.call(ctx, "Release", n) }

func (m semaphore) Available(ctx context.Context) (int, error) {
	return get[int](ctx, m.reference, "Available")
}
