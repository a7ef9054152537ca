package remote

import (
	"context"
	"errors"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func (s space) OpenQueue(context.Context, driver.Which, driver.Type, driver.QueueConfig) (driver.Queue, error) {
	return nil, errors.ErrUnsupported
}
