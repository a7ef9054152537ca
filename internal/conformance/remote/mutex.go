package remote

import (
	"context"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type mutex struct{ object }

func (m mutex) Lock(ctx context.Context) (driver.Holding, error) {
	return get[driver.Holding](ctx, m.reference, "Lock")
}

func (m mutex) TryLock() (driver.Holding, error) {
	return get[driver.Holding](background, m.reference, "TryLock")
}

func (m mutex) Unlock(h driver.Holding) error { return m.call(background, "Unlock", h) }

func (m mutex) Holder(ctx context.Context) (pid int, since time.Time, err error) {
	return get2[int, time.Time](ctx, m.reference, "Holder")
}
