// Package local is the kind of space for one machine: it stands between the driver
// seam and package shm, and hands the family's space on to children.
package local

import (
	"context"
	"errors"
	"os"

	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/inherit"
	"github.com/multiproc-go/multiproc/internal/proc"
	"github.com/multiproc-go/multiproc/internal/shm"
)

func init() { inherit.Family = family{} }

// errTooEarly is why a child has no family's space before it has taken what its
// parent gave it.
var errTooEarly = errors.New("this is a child, and has it once Main or Init runs")

// Family returns the space that this process shares with its ancestors and
// descendants.
func Family() (driver.Space, error) {
	if proc.IsChild() && !joined {
		return nil, errTooEarly
	}
	return shm.Family()
}

// Open attaches to the space called name, or creates it; maxBytes 0 is the
// default.
func Open(ctx context.Context, name string, maxBytes int64) (driver.Space, error) {
	return shm.Open(ctx, name, maxBytes)
}

// Join attaches to the space called name that is there.
func Join(name string) (driver.Space, error) { return shm.Join(name) }

// Remove deletes the space called name.
func Remove(name string) error { return shm.Remove(name) }

// joined is set by Take, before any user code of a child that could ask for it.
var joined bool

// family is what inherit.Family is in a program that imports package ipc.
type family struct{}

func (family) Give() (inherit.Place, error) {
	s, err := shm.Family()
	if err != nil {
		return nil, err
	}
	invitation, err := s.Invite()
	if err != nil {
		return nil, err
	}
	return place{invitation}, nil
}

func (family) Take(f *os.File, number int, name string) error {
	if err := shm.JoinFamily(f, number); err != nil {
		return err
	}
	joined = true
	s, err := shm.Family()
	if err == nil {
		s.Rename(name)
	}
	return err
}

type place struct{ *shm.Invitation }

func (p place) File() *os.File { return p.Invitation.File }
func (p place) Number() int    { return p.Slot }
