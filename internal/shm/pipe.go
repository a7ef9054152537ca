package shm

import (
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Pipe is a hold of one end of a connection: two fifos, of which end 0 puts into the
// first and takes from the second, and end 1 the other way round.
//
// Who has which end stands in the attachments: pipe_ends.go. Once one is gone both fifos
// are shut, which says to those who have the other what to do.
type Pipe struct {
	*Object
	*hold
}

func init() {
	kinds[PipeKind] = kindOf{
		name: "pipe", config: [2]string{"bytes of room each way"},
		fifos: 2, bytes: true, room: func(spec Spec) uint64 { return spec.Config[0] + 1 },
		looksOften: true, patience: queuePatience,
		furnish: furnishPipe, strip: stripFifos, joins: joinsPipe, recover: recoverPipe,
		doom: doomFifos, check: checkPipe, picture: picturePipe,
	}
}

// pipeRoom is how many bytes may be under way, each way, when another message is sent.
const pipeRoom = 1 << 20

// NewPipe makes a connection.
func (s *Space) NewPipe(ctx context.Context, of driver.Type) (driver.Pipe, driver.Pipe, error) {
	return s.newPipe(ctx, of, pipeRoom)
}

func (s *Space) newPipe(ctx context.Context, of driver.Type, room uint64) (driver.Pipe, driver.Pipe, error) {
	spec := specOfType(PipeKind, of)
	spec.Config[0] = room
	o, err := s.Open(ctx, "", spec)
	if err != nil {
		return nil, nil, err
	}
	var ends [2]*Pipe
	for end := range ends {
		if ends[end], err = o.newHold(end); err != nil {
			return nil, nil, orCause(ctx, err)
		}
	}
	return ends[0], ends[1], nil
}

// OpenPipe takes hold of an end that somebody has.
func (s *Space) OpenPipe(ctx context.Context, which driver.Which, of driver.Type, end int) (driver.Pipe, error) {
	for {
		o, err := s.openWhich(ctx, which, specOfType(PipeKind, of))
		if err != nil {
			return nil, err
		}
		p, err := o.newHold(end)
		switch {
		case errors.Is(err, errGone): // another goroutine has closed all that this process had, just now
		case err != nil:
			return nil, orCause(ctx, err)
		default:
			return p, nil
		}
	}
}

// End returns which end it is.
func (p *Pipe) End() int { return p.end }

// Send puts a message under way.
func (p *Pipe) Send(ctx context.Context, data []byte) error {
	if !p.enter() {
		return driver.ErrClosed
	}
	defer p.leave()
	f, err := &p.fifos[p.end], driver.ErrFull
	if ctx.Done() != nil {
		err = f.put(ctx, data, false)
	}
	if errors.Is(err, driver.ErrFull) {
		waiting, cancel := p.whileHeld(ctx)
		err = f.put(waiting, data, true)
		cancel()
	}
	runtime.KeepAlive(p)
	return p.why(ctx, err, io.ErrClosedPipe)
}

// Recv appends the oldest message to buf.
func (p *Pipe) Recv(ctx context.Context, buf []byte) ([]byte, error) {
	if !p.enter() {
		return buf, driver.ErrClosed
	}
	defer p.leave()
	f, err := &p.fifos[1-p.end], driver.ErrEmpty
	data := buf
	if ctx.Done() != nil {
		data, err = f.take(ctx, buf, false)
	}
	if errors.Is(err, driver.ErrEmpty) {
		waiting, cancel := p.whileHeld(ctx)
		data, err = f.take(waiting, buf, true)
		cancel()
	}
	runtime.KeepAlive(p)
	if err != nil {
		return buf, p.why(ctx, err, io.EOF)
	}
	return data, nil
}

// Poll reports whether Recv would return at once.
func (p *Pipe) Poll(context.Context) (ready bool, err error) {
	if !p.enter() {
		return false, driver.ErrClosed
	}
	defer p.leave()
	f := &p.fifos[1-p.end]
	if f.ready() {
		err = f.visitOnce(visit{
			section: &f.getting, bell: f.at + fifoGetBell,
			do: func() (bool, error) {
				shut := f.isShut() // before the look, as in pick
				_, ready, err = f.next()
				ready = ready || shut
				return true, err
			},
		}, nil)
	}
	if err == nil {
		err = p.gone()
	}
	runtime.KeepAlive(p)
	return ready, err
}

// why is what err means to the caller: ErrClosed may be for the other end, or for ours.
func (p *Pipe) why(ctx context.Context, err, ended error) error {
	switch {
	case err == nil:
		return nil
	case p.closed.Load() && ctx.Err() == nil && errors.Is(err, context.Canceled):
		return driver.ErrClosed
	case errors.Is(err, driver.ErrClosed) && p.gone() == nil:
		return ended
	}
	return err
}
