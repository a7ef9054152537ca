package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

type queue struct{ object }

func init() {
	standIn(func(r reference) driver.Queue { return queue{object{r}} })
}

func (s space) OpenQueue(ctx context.Context, which driver.Which, of driver.Type, cfg driver.QueueConfig) (driver.Queue, error) {
	return get[driver.Queue](ctx, s.reference, "OpenQueue", which, of, cfg)
}

func (q queue) Cap() int {
	n, _ := get[int](background, q.reference, "Cap")
	return n
}

func (q queue) Len() (int, error) { return get[int](background, q.reference, "Len") }

func (q queue) Put(ctx context.Context, data []byte) error { return q.call(ctx, "Put", data) }
func (q queue) TryPut(data []byte) error                   { return q.call(background, "TryPut", data) }

func (q queue) PutBatch(ctx context.Context, batch [][]byte) (n int, err error) {
	return get[int](ctx, q.reference, "PutBatch", batch)
}

func (q queue) Get(ctx context.Context, buf []byte) ([]byte, error) {
	return get[[]byte](ctx, q.reference, "Get", buf)
}

func (q queue) TryGet(buf []byte) ([]byte, error) {
	return get[[]byte](background, q.reference, "TryGet", buf)
}

func (q queue) GetBatch(ctx context.Context, most int) ([][]byte, error) {
	return get[[][]byte](ctx, q.reference, "GetBatch", most)
}

func (q queue) Receive(ctx context.Context) (driver.Loan, error) {
	return get[driver.Loan](ctx, q.reference, "Receive")
}

func (q queue) TryReceive() (driver.Loan, error) {
	return get[driver.Loan](background, q.reference, "TryReceive")
}

func (q queue) ReceiveBatch(ctx context.Context, most int) ([]driver.Loan, error) {
	return get[[]driver.Loan](ctx, q.reference, "ReceiveBatch", most)
}

func (q queue) Ack(ctx context.Context, l driver.Loan) error { return q.call(ctx, "Ack", l) }
func (q queue) Nak(ctx context.Context, l driver.Loan) error { return q.call(ctx, "Nak", l) }
func (q queue) Close(ctx context.Context) error              { return q.call(ctx, "Close") }
func (q queue) Join(ctx context.Context) error               { return q.call(ctx, "Join") }
