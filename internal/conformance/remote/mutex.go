package remote

import (
	"context"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type mutex struct{ object }

func init() {
	standIn(func(r reference) driver.Mutex { return mutex{object{r}} })
	standIn(func(r reference) driver.Unlocker { return unlocker{r} })
}

func (s space) OpenMutex(ctx context.Context, which driver.Which) (driver.Mutex, error) {
	return get[driver.Mutex](ctx, s.reference, "OpenMutex", which)
}

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

// An unlocker is no more than that, also where what it stands for is.
type unlocker struct{ reference }

func (u unlocker) Unlock(h driver.Holding) error { return u.call(background, "Unlock", h) }
