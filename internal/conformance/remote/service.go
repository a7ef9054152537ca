package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type service struct{ object }

func init() {
	standIn(func(r reference) driver.Service { return service{object{r}} })
}

func (s space) OpenService(ctx context.Context, which driver.Which, of driver.Type) (driver.Service, error) {
	return get[driver.Service](ctx, s.reference, "OpenService", which, of)
}

func (v service) Call(ctx context.Context, request, buf []byte) (driver.Reply, error) {
	return get[driver.Reply](ctx, v.reference, "Call", request, buf)
}

func (v service) Take(ctx context.Context, buf []byte) (driver.Request, error) {
	return get[driver.Request](ctx, v.reference, "Take", buf)
}

func (v service) Answer(r driver.Request, answer []byte) error {
	return v.call(background, "Answer", r, answer)
}

func (v service) GiveBack(r driver.Request) error { return v.call(background, "GiveBack", r) }

func (v service) Wanted(r driver.Request) bool {
	wanted, _ := get[bool](background, v.reference, "Wanted", r)
	return wanted
}

func (v service) AwaitUnwanted(ctx context.Context, r driver.Request) error {
	return v.call(ctx, "AwaitUnwanted", r)
}
