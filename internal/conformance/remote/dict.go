package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type dict struct{ object }

func init() {
	standIn(func(r reference) driver.Dict { return dict{object{r}} })
}

func (s space) OpenDict(ctx context.Context, which driver.Which, of driver.Type) (driver.Dict, error) {
	return get[driver.Dict](ctx, s.reference, "OpenDict", which, of)
}

func (d dict) Get(ctx context.Context, key []byte) (driver.Reading, error) {
	return get[driver.Reading](ctx, d.reference, "Get", key)
}

func (d dict) Done(r driver.Reading) { _ = d.call(background, "Done", r) }

func (d dict) Set(ctx context.Context, key, value []byte) error {
	return d.call(ctx, "Set", key, value)
}

func (d dict) Create(ctx context.Context, key, value []byte) error {
	return d.call(ctx, "Create", key, value)
}

func (d dict) Delete(ctx context.Context, key []byte) error { return d.call(ctx, "Delete", key) }

func (d dict) Pop(ctx context.Context, key, buf []byte) ([]byte, error) {
	return get[[]byte](ctx, d.reference, "Pop", key, buf)
}

func (d dict) Swap(ctx context.Context, key []byte, version uint64, value []byte) (bool, error) {
	return get[bool](ctx, d.reference, "Swap", key, version, value)
}

func (d dict) Drop(ctx context.Context, key []byte, version uint64) (bool, error) {
	return get[bool](ctx, d.reference, "Drop", key, version)
}

func (d dict) Scan(ctx context.Context, cursor uint64) ([]driver.KeyValue, uint64, error) {
	return get2[[]driver.KeyValue, uint64](ctx, d.reference, "Scan", cursor)
}

func (d dict) Len(ctx context.Context) (int, error) { return get[int](ctx, d.reference, "Len") }
func (d dict) Clear(ctx context.Context) error      { return d.call(ctx, "Clear") }
