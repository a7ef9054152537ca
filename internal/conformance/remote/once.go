package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type once struct{ object }

func init() {
	standIn(func(r reference) driver.Once { return once{object{r}} })
}

func (s space) OpenOnce(ctx context.Context, which driver.Which) (driver.Once, error) {
	return get[driver.Once](ctx, s.reference, "OpenOnce", which)
}

func (o once) Begin(ctx context.Context) (work driver.Holding, done bool, err error) {
	return get2[driver.Holding, bool](ctx, o.reference, "Begin")
}

func (o once) End(work driver.Holding, done bool) error {
	return o.call(background, "End", work, done)
}

func (o once) Done(ctx context.Context) (bool, error) { return get[bool](ctx, o.reference, "Done") }
