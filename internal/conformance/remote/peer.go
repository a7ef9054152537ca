package remote

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"
)

// A peer is one end of a connection between two processes. Each may call what the
// other has given it; both ends are alike.
type peer struct {
	from io.Reader

	mu      sync.Mutex // over all that follows
	to      *gob.Encoder
	last    uint64                             // number of a thing or a call
	things  map[uint64]reflect.Value           // what the other end may call or match
	calls   map[uint64]chan frame              // ours, that are not answered yet
	serving map[uint64]context.CancelCauseFunc // theirs
	ended   error                              // why there is no connection any more
}

// A frame is one of three messages: a call, the answer to it, or the end of its
// context.
type frame struct {
	Kind kind
	Call uint64

	Thing    uint64 // what is called: a method of it, or, without Method, the function
	Method   string
	Deadline time.Time // of the call's context, or zero
	Values   [][]byte  // arguments or results, without context and error
	Err      *failure  // the answer's, or why the context has ended
}

type kind int

const (
	callKind kind = iota
	answerKind
	endKind
)

var errGone = errors.New("the process at the other end is gone")

func newPeer(from io.Reader, to io.Writer) *peer {
	return &peer{
		from:    from,
		to:      gob.NewEncoder(to),
		things:  make(map[uint64]reflect.Value),
		calls:   make(map[uint64]chan frame),
		serving: make(map[uint64]context.CancelCauseFunc),
	}
}

// keep has the other end know v by a number.
func (p *peer) keep(v reflect.Value) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.things[p.last] = v
	return p.last
}

func (p *peer) thing(number uint64) reflect.Value {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.things[number]
}

func (p *peer) send(f frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return p.ended
	}
	if err := p.to.Encode(f); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

// read takes what the other end says until it is gone.
func (p *peer) read() {
	from := gob.NewDecoder(p.from)
	for {
		var f frame
		if err := from.Decode(&f); err != nil {
			p.end(fmt.Errorf("%w: %w", errGone, err))
			return
		}
		switch f.Kind {
		case callKind:
			p.begin(f)
		case answerKind:
			p.mu.Lock()
			p.calls[f.Call] <- f
			delete(p.calls, f.Call)
			p.mu.Unlock()
		case endKind:
			p.mu.Lock()
			cancel := p.serving[f.Call]
			p.mu.Unlock()
			if cancel != nil {
				cancel(p.error(f.Err))
			}
		}
	}
}

// end lets all calls that are under way end, here and there.
func (p *peer) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = why
	for _, answer := range p.calls {
		close(answer)
	}
	clear(p.calls)
	for _, cancel := range p.serving {
		cancel(why)
	}
}
