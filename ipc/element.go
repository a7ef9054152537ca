package ipc

import (
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// elementOf returns how an object keeps values of type T, and what it tells others of
// that.
func elementOf[T any]() (*codec.Codec[T], driver.Type, error) {
	c, err := codec.Of[T]()
	if err != nil {
		return nil, driver.Type{}, notEncoded(err)
	}
	return c, driver.Type{Name: c.String(), Fingerprint: c.Fingerprint()}, nil
}

// within has c refuse what would mean nothing to all who may open the space: whoever
// opens one by its name need not be of this family.
func within[T any](c *codec.Codec[T], s *Space) {
	if !s.family {
		c.Refuse(refuseFamily)
	}
}

func refuseFamily(x any) error {
	if h, ok := x.(interface{ ofFamily() bool }); ok && h.ofFamily() {
		return errors.New("a handle of the family's space cannot be in a space opened by name")
	}
	return nil
}

// kept has c refuse, besides, what nobody would hold while it stands in an object: an
// end of a pipe.
func kept[T any](c *codec.Codec[T], s *Space) {
	c.Refuse(func(x any) error {
		if _, ok := x.(interface{ isEnd() }); ok {
			return errors.New("an end of a pipe can be sent, but not be kept in an object")
		}
		if !s.family {
			return refuseFamily(x)
		}
		return nil
	})
}

func (h *handle[O]) ofFamily() bool { return h.space != nil && h.space.family }

// notEncoded is why a value or a type cannot be shared, as this package says it.
func notEncoded(err error) error {
	switch {
	case errors.Is(err, codec.ErrType):
		return fmt.Errorf("%w: %w", ErrType, err)
	case errors.Is(err, codec.ErrTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}
