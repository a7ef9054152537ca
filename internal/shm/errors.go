package shm

import (
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

var (
	errGone      = errors.New("object deleted meanwhile")
	errBeingMade = errors.New("another is making it")
	errGaveUp    = errors.New("the wait was given up")
	errTableFull = errors.New("it has as many objects, or as much memory in use, as it can have")
	errNamesFull = errors.New("too many objects' names have the same hash")
)

func spaceFull(why error) error { return fmt.Errorf("%w: %w", driver.ErrNoSpace, why) }

// asClosed is err, where something is gone driver.ErrClosed.
func asClosed(err error) error {
	if errors.Is(err, errGone) {
		return driver.ErrClosed
	}
	return err
}
