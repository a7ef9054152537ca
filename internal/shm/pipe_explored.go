//go:build explore

package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// NewSmallPipe is NewPipe with so many bytes of room each way.
func (s *Space) NewSmallPipe(of driver.Type, room uint64) (driver.Pipe, driver.Pipe, error) {
	return s.newPipe(context.Background(), of, room)
}
