package office

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Ready finds out whether this process may sell at all, so that it hears of a
// missing permission before it lets buyers come.
func (o *Office) Ready(ctx context.Context) error {
	return o.locked(ctx, func() error {
		perm, err := permission(o.file)
		if err != nil {
			return err
		}
		if err := create(o.temp(), nil, perm); err != nil {
			return err
		}
		return os.Remove(o.temp())
	})
}

// Tidy removes the unfinished files that killed buyers have left behind. They do
// no harm, but nobody wants to find them. Without the lock nobody can know
// whether a file is still being written: call it when all buyers are gone.
func (o *Office) Tidy(ctx context.Context) error {
	return o.locked(ctx, func() error {
		dir := filepath.Dir(o.file)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		var errs []error
		for _, e := range entries {
			if strings.HasPrefix(filepath.Join(dir, e.Name()), o.temp()) {
				errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
			}
		}
		return errors.Join(errs...)
	})
}

// temp is where the lock's holder makes the new file.
func (o *Office) temp() string { return o.file + ".new" }
