package rush

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/multiproc-go/multiproc"
)

// A crowd is all buyers of one rush.
type crowd struct {
	visits    []visit
	processes []*multiproc.Process[receipt]
	doors     *doors
}

// gather starts the buyers and returns when all stand at the doors. They are
// daemons: if this process dies, nobody goes on buying.
func gather(ctx context.Context, visits []visit, e errand) (*crowd, error) {
	doors, err := newDoors()
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, doors.shut)()

	all := make(chan struct{}) // closed when all are there
	defer close(all)
	c := &crowd{visits: visits, doors: doors}
	for _, v := range visits {
		e.Think, e.Doomed = v.Think, v.Doomed
		options := slices.Concat(doors.shown, []multiproc.Option{multiproc.Daemon(), multiproc.WithName(v.Name)})
		p, err := buy.Start(ctx, e, options...)
		if err != nil {
			return nil, c.sendAway(fmt.Errorf("start %s: %w", v.Name, err))
		}
		c.processes = append(c.processes, p)

		// Who ends before the doors open never arrives.
		go func() {
			select {
			case <-p.Done():
				doors.shut()
			case <-all:
			}
		}()
	}
	if err := doors.await(len(visits)); err != nil {
		return nil, c.sendAway(err)
	}
	if ctx.Err() != nil {
		return nil, c.sendAway(context.Cause(ctx))
	}
	return c, nil
}

// sendAway ends a rush that cannot begin, and returns why: where a buyer did not
// even get to the doors, its error says more.
func (c *crowd) sendAway(why error) error {
	c.doors.shut()
	var first error
	for i, p := range c.processes {
		_, err := p.Wait(context.Background())
		if err != nil && first == nil && !errors.Is(err, errShut) {
			first = fmt.Errorf("%s: %w", c.visits[i].Name, err)
		}
	}
	return cmp.Or(first, why)
}

// run opens the doors, kills the doomed when their moment comes, and returns
// when all buyers have ended.
func (c *crowd) run(ctx context.Context) ([]ending, error) {
	defer c.doors.shut()
	if err := c.doors.open(len(c.processes)); err != nil {
		return nil, c.sendAway(err)
	}
	endings := make(chan ending)
	for i := range c.processes {
		go func() { endings <- c.follow(ctx, i) }()
	}
	var all []ending
	for range c.processes {
		all = append(all, <-endings)
	}
	return all, nil
}

// follow sees one buyer to its end. The end of ctx stops the buyer by itself,
// since it was started with it.
func (c *crowd) follow(ctx context.Context, i int) ending {
	v, p := c.visits[i], c.processes[i]
	if v.Doomed {
		select {
		case <-time.After(v.Moment):
			_ = p.Kill() // where it fails the buyer has ended, and the exit below says how
		case <-p.Done():
		}
	}
	got, err := p.Wait(context.Background())
	exit, _ := p.Exit()
	end := ending{Buyer: v.Name, Ticket: got.Ticket, Err: err}
	switch {
	case err == nil && got.Ticket > 0:
		end.Fate = served
	case err == nil:
		end.Fate = refused
	case v.Doomed && exit.Signal == syscall.SIGKILL:
		end.Fate = killed
		say(v.Name, "is killed")
	case ctx.Err() != nil:
		end.Fate = stopped
	default:
		end.Fate = failed
	}
	return end
}
