// Package rush lets many buyers, each a process of its own, race for the
// tickets of one office, and counts afterwards.
package rush

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

// Run lets the rush of c happen. It and its buyers tell of it on standard output.
// An error says that there was no rush, that it was interrupted, that buyers
// failed, or that the sum is wrong.
func Run(ctx context.Context, c Config) error {
	dir, cleanUp, err := c.directory(ctx)
	if err != nil {
		return err
	}
	o, err := race(ctx, c, dir)
	if cleanErr := cleanUp(); err == nil {
		err = cleanErr
	}
	if err != nil {
		return err
	}

	o.print(os.Stdout)
	return verdict(ctx, c, o)
}

// directory returns where the stock is, and what there is to do in the end.
func (c Config) directory(ctx context.Context) (dir string, cleanUp func() error, err error) {
	if c.Data != "" {
		info, err := os.Stat(c.Data)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no directory", c.Data)
		}
		return c.Data, func() error { return nil }, err
	}
	dir, err = os.MkdirTemp("", "tickets-")
	return dir, func() error {
		return errors.Join(office.RemoveLock(context.WithoutCancel(ctx), dir), os.RemoveAll(dir))
	}, err
}

func race(ctx context.Context, c Config, dir string) (o outcome, err error) {
	shop, err := c.office(ctx, dir)
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = errors.Join(err, shop.Close()) }()
	before, err := shop.Look()
	if err != nil {
		return outcome{}, err
	}
	c.announce(before)

	e := errand{Dir: dir, Lock: shop.Lock(), Rush: rand.Text()[:8], Unsafe: c.Unsafe}
	crowd, err := gather(ctx, plan(c.Seed, c.Buyers, c.Kill), e)
	if err != nil && ctx.Err() != nil {
		return outcome{}, fmt.Errorf("interrupted before the doors opened: %w", context.Cause(ctx))
	}
	if err != nil {
		return outcome{}, err
	}
	began := time.Now()
	endings, err := crowd.run(ctx)
	if err != nil {
		return outcome{}, err
	}
	elapsed := time.Since(began)

	after, err := shop.Look()
	if err != nil {
		return outcome{}, errors.Join(err, tally(e.Rush, before, before, endings).failure())
	}
	if err := shop.Tidy(context.WithoutCancel(ctx)); err != nil {
		return outcome{}, err
	}
	o = tally(e.Rush, before, after, endings)
	o.elapsed = elapsed
	return o, nil
}

// office opens the stock that is there, and makes one only where the command
// line says how large: a wrong -data must not become a sale of its own.
func (c Config) office(ctx context.Context, dir string) (*office.Office, error) {
	file := filepath.Join(dir, office.FileName)
	if c.Data == "" || c.ticketsGiven {
		shop, err := office.Create(ctx, dir, c.Tickets)
		if !errors.Is(err, fs.ErrExist) {
			return shop, err
		}
		fmt.Printf("%s is there already: -tickets %d is not used.\n", file, c.Tickets)
	}
	shop, err := office.Open(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; write one, such as {\"count\": 10}, or add -tickets", err)
	}
	if err != nil {
		return nil, err
	}
	if err := shop.Ready(ctx); err != nil {
		return nil, errors.Join(err, shop.Close())
	}
	return shop, nil
}

func (c Config) announce(stock office.Stock) {
	where, how := "in a temporary directory", "one at a time, under a lock"
	if c.Data != "" {
		where = "in " + filepath.Join(c.Data, office.FileName)
	}
	if c.Unsafe {
		how = "all at once, without a lock"
	}
	fmt.Printf("%s for %s %s, sold %s; seed %d.\n\n",
		plural(c.Buyers, "buyer"), plural(stock.Left(), "ticket"), where, how, c.Seed)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// verdict is the error that makes the exit status 1, or nil.
func verdict(ctx context.Context, c Config, o outcome) error {
	var errs []error
	if ctx.Err() != nil {
		errs = append(errs, fmt.Errorf("interrupted: %w", context.Cause(ctx)))
	}
	if err := o.failure(); err != nil {
		errs = append(errs, err)
	}
	switch {
	case o.holds():
	case c.Unsafe:
		errs = append(errs, errors.New("the sum is wrong; that is what -unsafe is there to show"))
	default:
		errs = append(errs, errors.New("the sum is wrong"))
	}
	return errors.Join(errs...)
}
