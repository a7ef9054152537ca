package rush

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

// An errand is what a buyer is told.
type errand struct {
	Dir    string     // where the office is
	Lock   *ipc.Mutex // the office's
	Rush   string     // which rush this is
	Think  time.Duration
	Unsafe bool
	Doomed bool
}

// A receipt is what a buyer has to show in the end: a ticket, or none where the
// office had none left.
type receipt struct {
	Ticket int
}

var buy = multiproc.Func("buyer", goBuying)

// goBuying is the life of a buyer: look, think, buy. It tells what happens on
// standard output, each line in one write, so that the lines of many stay whole.
func goBuying(ctx context.Context, e errand) (receipt, error) {
	shop, err := office.Enter(e.Dir, e.Lock)
	if err != nil {
		return receipt{}, err
	}
	seen, err := shop.Look()
	if err != nil {
		return receipt{}, err
	}
	me := multiproc.Self().Name
	say(me, "sees %d left", seen.Left())
	if err := comeIn(); err != nil {
		return receipt{}, err
	}
	if err := pause(ctx, e.Think); err != nil {
		return receipt{}, err
	}

	var ticket int
	if e.Unsafe {
		ticket, err = shop.BuyUnlocked(seen, me, e.Rush)
	} else {
		ticket, err = shop.Buy(ctx, me, e.Rush)
	}
	if err != nil && !errors.Is(err, office.ErrSoldOut) {
		return receipt{}, err
	}

	if e.Doomed {
		// Its moment has not come yet: what it has, it will not be able to say.
		<-ctx.Done()
		return receipt{}, context.Cause(ctx)
	}
	if err != nil {
		say(me, "is refused: %v", err)
		return receipt{}, nil
	}
	say(me, "buys ticket %d", ticket)
	return receipt{Ticket: ticket}, nil
}

func say(who, format string, args ...any) {
	fmt.Fprintf(os.Stdout, "%-10s %s\n", who, fmt.Sprintf(format, args...))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
