package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type rwmutex struct{ object }

func init() {
	standIn(func(r reference) driver.RWMutex { return rwmutex{object{r}} })
}

func (s space) OpenRWMutex(ctx context.Context, which driver.Which) (driver.RWMutex, error) {
	return get[driver.RWMutex](ctx, s.reference, "OpenRWMutex", which)
}

func (m rwmutex) Lock(ctx context.Context) (driver.Holding, error) {
	return get[driver.Holding](ctx, m.reference, "Lock")
}

func (m rwmutex) TryLock() (driver.Holding, error) {
	return get[driver.Holding](background, m.reference, "TryLock")
}

func (m rwmutex) Unlock(h driver.Holding) error { return m.call(background, "Unlock", h) }

func (m rwmutex) RLock(ctx context.Context) (driver.Unlocker, driver.Holding, error) {
	return get2[driver.Unlocker, driver.Holding](ctx, m.reference, "RLock")
}

func (m rwmutex) TryRLock() (driver.Unlocker, driver.Holding, error) {
	return get2[driver.Unlocker, driver.Holding](background, m.reference, "TryRLock")
}
