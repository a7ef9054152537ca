package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type pipe struct{ object }

func init() {
	standIn(func(r reference) driver.Pipe { return pipe{object{r}} })
}

func (s space) NewPipe(ctx context.Context, of driver.Type) (driver.Pipe, driver.Pipe, error) {
	return get2[driver.Pipe, driver.Pipe](ctx, s.reference, "NewPipe", of)
}

func (s space) OpenPipe(ctx context.Context, which driver.Which, of driver.Type, end int) (driver.Pipe, error) {
	return get[driver.Pipe](ctx, s.reference, "OpenPipe", which, of, end)
}

func (p pipe) End() int {
	end, _ := get[int](background, p.reference, "End")
	return end
}

func (p pipe) Send(ctx context.Context, data []byte) error {
	return p.call(ctx, "Send", data)
}

func (p pipe) Recv(ctx context.Context, buf []byte) ([]byte, error) {
	return get[[]byte](ctx, p.reference, "Recv", buf)
}

func (p pipe) Poll(ctx context.Context) (bool, error) { return get[bool](ctx, p.reference, "Poll") }

func (p pipe) Close() error { return p.call(background, "Close") }
