package shm

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A hold is one of this process's holds of an end: NewPipe gives one of each, and each
// arrival of an end is one. The process has the end as long as it has a hold of it:
// how many there are stands in Object.holds.
type hold struct {
	o   *Object
	end int

	closed atomic.Bool
	inside atomic.Int32 // operations under way: a hold ends when there are none

	life  context.Context // ends with closed, which ends the waits of all that have no other context
	die   context.CancelFunc
	mu    sync.Mutex
	waits map[*context.CancelFunc]bool // ends the others'

	forgotten runtime.Cleanup // close, once nobody can reach the Pipe
}

// newHold takes hold of an end: errGone where o is not this process's hold of the
// object any more, and ErrNotFound where nobody has that end.
func (o *Object) newHold(end int) (*Pipe, error) {
	s := o.s
	if err := s.enterTable(nil); err != nil {
		return nil, err
	}
	defer s.table.Leave()
	if have := s.open[o.i]; have.meta != o.meta || have.object.Value() != o {
		return nil, errGone
	}
	if _, err := o.fifo(1); err != nil {
		return nil, err
	}
	if o.holds[end] == 0 && !s.takeEnd(o.i, o.meta, o.attach, end) {
		if o.holds == [2]int{} {
			o.giveUp()
		}
		return nil, errEndGone
	}
	o.holds[end]++
	h := &hold{o: o, end: end}
	h.life, h.die = context.WithCancel(context.Background())
	p := &Pipe{o, h}
	h.forgotten = runtime.AddCleanup(p, func(h *hold) { _ = h.close() }, h)
	return p, nil
}

// Close ends the hold, and the waits of goroutines through it. The second time it does
// nothing.
func (p *Pipe) Close() error {
	p.forgotten.Stop()
	err := p.hold.close()
	runtime.KeepAlive(p)
	return err
}

func (h *hold) close() error {
	if h.closed.Swap(true) {
		return nil
	}
	h.die()
	h.mu.Lock()
	for cancel := range h.waits {
		(*cancel)()
	}
	h.mu.Unlock()
	s := h.o.s
	if broken != pipeCloseAtOnce {
		s.a.Until(func() bool { return h.inside.Load() == 0 })
	}
	if err := s.enterTable(nil); err != nil {
		return err
	}
	defer s.table.Leave()
	h.o.endHold(h.end)
	return nil
}

// endHold ends one hold of an end, and with the last one this process's hold of the
// object.
func (o *Object) endHold(end int) {
	if o.holds[end]--; o.holds[end] > 0 {
		return
	}
	o.s.leaveEnd(o.i, o.meta, o.attach, end)
	if o.holds == [2]int{} {
		o.giveUp()
	}
}

// giveUp detaches from an object of which nothing is used any more.
func (o *Object) giveUp() {
	o.cleanup.Stop()
	o.s.giveUp(o.i, o.s.open[o.i])
}

// enter begins an operation; false where the hold is closed.
func (h *hold) enter() bool {
	h.inside.Add(1)
	if h.closed.Load() {
		h.inside.Add(-1)
		return false
	}
	return true
}

func (h *hold) leave() { h.inside.Add(-1) }

// whileHeld returns a context that ends with ctx, and when the hold is closed.
func (h *hold) whileHeld(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Done() == nil {
		return h.life, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waits == nil {
		h.waits = make(map[*context.CancelFunc]bool)
	}
	h.waits[&cancel] = true
	if h.closed.Load() {
		cancel()
	}
	return ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waits, &cancel)
		cancel()
	}
}

var _ driver.Pipe = (*Pipe)(nil)
