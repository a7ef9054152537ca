package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type value struct{ object }

func init() {
	standIn(func(r reference) driver.Value { return value{object{r}} })
}

func (s space) OpenValue(ctx context.Context, which driver.Which, of driver.Type) (driver.Value, error) {
	return get[driver.Value](ctx, s.reference, "OpenValue", which, of)
}

func (v value) Read(ctx context.Context) (driver.Reading, error) {
	return get[driver.Reading](ctx, v.reference, "Read")
}

func (v value) Done(r driver.Reading) { _ = v.call(background, "Done", r) }

func (v value) Store(ctx context.Context, data []byte) error {
	return v.call(ctx, "Store", data)
}

func (v value) Swap(ctx context.Context, version uint64, data []byte) (bool, error) {
	return get[bool](ctx, v.reference, "Swap", version, data)
}
