package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Int64 is a number in one word, entInt.
type Int64 struct{ *Object }

func init() { kinds[Int64Kind] = kindOf{name: "int64", sleeps: entInt} }

// OpenInt64 attaches to a number, or makes it.
func (s *Space) OpenInt64(ctx context.Context, which driver.Which) (driver.Int64, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: Int64Kind})
	if err != nil {
		return nil, err
	}
	return &Int64{o}, nil
}

// Load returns the number.
func (n *Int64) Load(context.Context) (int64, error) {
	if err := n.gone(); err != nil {
		return 0, err
	}
	v := n.s.a.Load(n.at + entInt)
	n.race.acquire()
	return int64(v), nil
}

// Store sets the number.
func (n *Int64) Store(_ context.Context, v int64) error {
	if err := n.gone(); err != nil {
		return err
	}
	n.race.release()
	n.s.a.Store(n.at+entInt, uint64(v))
	return nil
}

// Add adds delta to the number and returns the new one.
func (n *Int64) Add(_ context.Context, delta int64) (int64, error) {
	if err := n.gone(); err != nil {
		return 0, err
	}
	n.race.release()
	v := n.s.a.Add(n.at+entInt, uint64(delta))
	n.race.acquire()
	return int64(v), nil
}

// CompareAndSwap sets the number to new if it is old.
func (n *Int64) CompareAndSwap(_ context.Context, old, new int64) (bool, error) {
	if err := n.gone(); err != nil {
		return false, err
	}
	n.race.release()
	swapped := n.s.a.CompareAndSwap(n.at+entInt, uint64(old), uint64(new))
	n.race.acquire()
	return swapped, nil
}
