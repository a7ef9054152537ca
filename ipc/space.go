package ipc

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/driver/local"
)

// A Space is where shared objects live.
//
// Its memory is taken as objects need it, and belongs to no process: it is whole
// whoever dies. A space opened by name is a file, which only its user may open. Do
// not truncate that file while the space is in use: nobody can guard against that.
type Space struct {
	driver driver.Space
	family bool
}

// Family returns the space that this process shares with its ancestors and
// descendants. It has no name and leaves nothing behind; closing it does nothing.
func Family() (*Space, error) {
	s, err := local.Family()
	if err != nil {
		return nil, fmt.Errorf("open the family's space: %w", err)
	}
	return &Space{driver: s, family: true}, nil
}

// Open attaches to the space called name on this machine, or creates it, for
// programs that share no ancestor. A name with a slash is a file's path, on tmpfs,
// ext4 or xfs; else it is a file in the user's own runtime directory, which goes
// when the user logs out. Only that user may open it. Objects outlive the
// processes, not the machine's next boot: after it Open returns ErrVersion, until
// the space is removed.
func Open(ctx context.Context, name string, cfg SpaceConfig) (*Space, error) {
	s, err := local.Open(ctx, name, cfg.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("open space %q: %w", name, err)
	}
	return &Space{driver: s}, nil
}

// Remove deletes the space called name; ErrNotFound where there is none. Those
// who have it open keep it.
func Remove(ctx context.Context, name string) error {
	if err := local.Remove(name); err != nil {
		return fmt.Errorf("remove space %q: %w", name, err)
	}
	return nil
}

// SpaceConfig configures a Space. The zero value of a field is its default.
type SpaceConfig struct {
	// MaxBytes is how large the space may become, in bytes; at least 1 MiB. Memory
	// is taken only as it is needed. Default: 64 GiB or four times the machine's
	// memory, whichever is less, but no more than a quarter of RLIMIT_AS. A small
	// space has room for fewer objects and processes.
	MaxBytes int64
}

// Name returns the name that the space was opened by, a path made absolute; the
// family's has none.
func (s *Space) Name() string { return s.driver.Name() }

// Close ends this use of the space; its objects' methods return ErrClosed. What
// is held through it is given up as if the process had died. Another *Space of
// the same name is not touched. Slices of arrays stay good memory: for them the
// process keeps its place in the space until it ends.
func (s *Space) Close() error {
	if s.family {
		return nil
	}
	return s.failed("close", s.driver.Close())
}

// Delete frees the object called name. Its users get ErrClosed. A lock that is
// held can still be unlocked, and an array's slice still be used.
func (s *Space) Delete(ctx context.Context, name string) error {
	if err := s.driver.Delete(ctx, name); err != nil {
		return fmt.Errorf("delete %q: %w", name, err)
	}
	return nil
}

// Check walks the whole space and returns an error for every invariant that
// does not hold. It may run beside everything else.
func (s *Space) Check(ctx context.Context) error {
	return s.failed("check", s.driver.Check(ctx))
}

func (s *Space) failed(verb string, err error) error {
	if err != nil {
		return fmt.Errorf("%s space %q: %w", verb, s.Name(), err)
	}
	return nil
}
