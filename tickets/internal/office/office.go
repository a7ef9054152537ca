// Package office sells tickets from a file, ticket.json, to any number of
// processes at once. Whoever is killed, at whatever moment, leaves the old file
// or the new one, whole, and no lock held.
package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/multiproc-go/multiproc/ipc"
)

// FileName is the name of the stock in its directory.
const FileName = "ticket.json"

// ErrSoldOut is the answer to a buyer when no ticket is left.
var ErrSoldOut = errors.New("sold out")

// An Office sells from one file. It is safe for concurrent use by goroutines and
// processes.
//
// Looking needs no lock, since the file is only ever replaced as a whole. A
// sale is made under the lock: read, write a new file beside it, sync, rename,
// sync the directory. The sale counts from the rename on.
type Office struct {
	file  string // absolute, without symbolic links
	lock  *ipc.Mutex
	space *ipc.Space // the lock's; nil where the lock was handed over
}

// Open returns the office that sells from dir/ticket.json. A symbolic link is
// followed once and for all, so that the file behind it is what gets replaced,
// and everyone takes the same lock however they came here.
func Open(ctx context.Context, dir string) (*Office, error) {
	o, err := Enter(dir, nil)
	if err != nil {
		return nil, err
	}
	if err := o.openLock(ctx); err != nil {
		return nil, err
	}
	return o, nil
}

// Enter is Open in a process that has been handed the office's lock.
func Enter(dir string, lock *ipc.Mutex) (*Office, error) {
	file, err := resolve(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("open office: %w", err)
	}
	o := &Office{file: file, lock: lock}
	if _, err := o.Look(); err != nil {
		return nil, err
	}
	return o, nil
}

// Create makes dir/ticket.json with so many tickets and opens it. It is an
// error that matches fs.ErrExist if there is such a file already.
func Create(ctx context.Context, dir string, tickets int) (*Office, error) {
	file, err := within(dir)
	if err != nil {
		return nil, fmt.Errorf("create office: %w", err)
	}
	o := &Office{file: file}
	if err := o.openLock(ctx); err != nil {
		return nil, err
	}
	err = o.locked(ctx, func() error {
		switch _, err := os.Lstat(o.file); {
		case err == nil:
			return fmt.Errorf("create office: %s: %w", o.file, fs.ErrExist)
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("create office: %w", err)
		}
		return o.write(NewStock(tickets), o.temp())
	})
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// within is where the stock in dir is, if it is no symbolic link.
func within(dir string) (string, error) {
	dir, err := resolve(dir)
	return filepath.Join(dir, FileName), err
}

func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// Look returns the stock as it is now. Everyone may look, at any time.
func (o *Office) Look() (Stock, error) {
	info, err := os.Stat(o.file)
	if err != nil {
		return Stock{}, fmt.Errorf("look at the stock: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Stock{}, fmt.Errorf("look at the stock: %s is no regular file", o.file)
	}
	data, err := os.ReadFile(o.file)
	if err != nil {
		return Stock{}, fmt.Errorf("look at the stock: %w", err)
	}
	stock, err := parse(data)
	if err != nil {
		return Stock{}, fmt.Errorf("look at the stock: %s: %w", o.file, err)
	}
	return stock, nil
}

// Buy sells one ticket and returns its number, or an error that matches
// ErrSoldOut. It waits for its turn until ctx ends. After any other error the
// stock is as it was, except where the directory could not be synced: then the
// sale stands, and only a power cut may undo it.
func (o *Office) Buy(ctx context.Context, buyer, rush string) (ticket int, err error) {
	err = o.locked(ctx, func() error {
		stock, err := o.Look()
		if err != nil {
			return err
		}
		stock, ticket, err = stock.Sell(buyer, rush)
		if err != nil {
			return err
		}
		// Only the lock's holder writes here: what one who was killed has left
		// behind, the next one replaces.
		return o.write(stock, o.temp())
	})
	if err != nil {
		return 0, err
	}
	return ticket, nil
}

// BuyUnlocked sells one ticket of the stock that the buyer has seen, whatever
// has been sold since. It is here to show why there is a lock: who writes last
// undoes the sales that others made meanwhile.
func (o *Office) BuyUnlocked(seen Stock, buyer, rush string) (ticket int, err error) {
	stock, ticket, err := seen.Sell(buyer, rush)
	if err != nil {
		return 0, err
	}
	// Others write at the same time, so the new file needs a name of its own.
	if err := o.write(stock, fmt.Sprintf("%s-%d", o.temp(), os.Getpid())); err != nil {
		return 0, err
	}
	return ticket, nil
}

func (o *Office) write(s Stock, temp string) error {
	data, err := s.encode()
	if err != nil {
		return err
	}
	if err := replace(o.file, temp, data); err != nil {
		return fmt.Errorf("write the stock: %w", err)
	}
	return nil
}
