package office

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/multiproc-go/multiproc/ipc"
)

// maxBytes is room for one lock and some 16,000 processes.
const maxBytes = 64 << 20

// openLock opens the lock that all who sell from the file share, programs started
// apart too: it is in a space that is named after the file. The space belongs to
// the user, so that the lock excludes that user's processes, not another user's;
// nor those for whom XDG_RUNTIME_DIR is another directory.
func (o *Office) openLock(ctx context.Context) error {
	space, err := ipc.Open(ctx, spaceName(o.file), ipc.SpaceConfig{MaxBytes: maxBytes})
	if err != nil {
		return fmt.Errorf("open the office's lock: %w", err)
	}
	lock, err := ipc.OpenMutex(ctx, space, FileName)
	if err != nil {
		return errors.Join(fmt.Errorf("open the office's lock: %w", err), space.Close())
	}
	o.space, o.lock = space, lock
	return nil
}

// Lock is the office's lock, for those who Enter it in other processes.
func (o *Office) Lock() *ipc.Mutex { return o.lock }

// Close ends this use of the office, once nobody buys or waits there any more.
func (o *Office) Close() error { return o.space.Close() }

// RemoveLock removes the lock of the office in dir, for a stock that is about to
// go. Nobody may sell from it any more, or come to.
func RemoveLock(ctx context.Context, dir string) error {
	file, err := within(dir)
	if err == nil {
		err = ipc.Remove(ctx, spaceName(file))
	}
	if err != nil && !errors.Is(err, ipc.ErrNotFound) { // nobody has opened it
		return fmt.Errorf("remove the office's lock: %w", err)
	}
	return nil
}

// spaceName is one for all who have come to the file, and short however long the
// file's path is.
func spaceName(file string) string {
	return fmt.Sprintf("tickets-%x", sha256.Sum256([]byte(file)))
}

// locked runs f under the lock between processes. Whoever dies in f has the lock
// no longer.
func (o *Office) locked(ctx context.Context, f func() error) error {
	guard, err := o.lock.Lock(ctx)
	if err != nil {
		return err
	}
	if guard.Abandoned() {
		err = o.repair()
	}
	if err == nil {
		err = f()
	}
	return errors.Join(err, guard.Unlock())
}

// repair follows a holder who died in the middle of a sale: the stock is the old
// one or the new one, whole, and the new file that may stand beside it is nobody's.
func (o *Office) repair() error {
	if err := os.Remove(o.temp()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := o.Look(); err != nil && !errors.Is(err, fs.ErrNotExist) { // or it is to be created
		return err
	}
	return nil
}
