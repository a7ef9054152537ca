package remote

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func (space) OpenDict(context.Context, driver.Which, driver.Type) (driver.Dict, error) { return nil, nil }
