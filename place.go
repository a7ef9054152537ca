package multiproc

import (
	"context"
	"fmt"
	"time"
)

// A place is where a supervisor keeps a process running, one after the other.
// Each that is made is either opened by keep, or abandoned.
type place struct {
	s      *Supervisor
	number int
	life   context.Context // of its process
	leave  context.CancelFunc
	left   chan struct{} // closed when the place's life and its last process have ended

	child   *child // that runs there now; guarded by s.mu, as is
	failure error  // of the last one that has ended
}

// newPlace is called with s.mu held, where the supervisor has not ended.
func (s *Supervisor) newPlace(number int) *place {
	p := &place{s: s, number: number, left: make(chan struct{})}
	p.life, p.leave = context.WithCancel(s.life)
	s.keepers.Add(1)
	return p
}

// name is that of its processes.
func (p *place) name() string { return fmt.Sprintf("%s-%d", p.s.name, p.number) }

// begin starts a process in the place.
func (p *place) begin() (*child, error) {
	c, err := p.s.start(p.life, p.name())
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.child = c
	return c, err
}

// keep keeps a process running in the place: c first.
func (p *place) keep(c *child) {
	defer p.abandon()
	pause := backoff{base: p.s.cfg.Backoff, window: p.s.cfg.Window}
	var err error
	for {
		var ran time.Duration
		if c != nil {
			err = p.attend(c)
			ran = c.exit.Wall
		}
		switch {
		case p.life.Err() != nil:
			return
		case err != nil:
			p.fail(err)
		case !p.s.cfg.Always:
			p.s.finish(p)
			return
		}
		if !sleep(p.life, pause.next(err, ran)) {
			return
		}
		if c, err = p.begin(); err == nil {
			p.s.countRestart()
		}
	}
}

// abandon gives the place up.
func (p *place) abandon() {
	p.leave()
	close(p.left)
	p.s.keepers.Done()
}

// attend waits for the end of c, or ends it with the place's life, and tells
// OnExit. It returns what c failed of.
func (p *place) attend(c *child) error {
	select {
	case <-c.done:
	case <-p.life.Done():
		c.stop(p.s.hurry)
	}
	err := c.err
	if c.lifeEnded() != nil {
		err = nil // it was meant to end
	}
	p.s.mu.Lock()
	p.child, p.failure = nil, err
	p.s.mu.Unlock()
	p.s.tell(c.info, err)
	return err
}

// fail counts a failure; with one too many the supervisor gives up.
func (p *place) fail(err error) {
	p.s.mu.Lock()
	why := p.s.failures.add(time.Now(), err)
	p.s.mu.Unlock()
	if why != nil {
		p.s.end(why)
	}
}

// sleep returns true after d, or false once ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Supervisor) countRestart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restarts++
}

// finish takes away a place whose process has ended well. The supervisor ends
// with the last one.
func (s *Supervisor) finish(p *place) {
	s.mu.Lock()
	if s.places[p.number] == p {
		delete(s.places, p.number)
	}
	last := len(s.places) == 0
	s.mu.Unlock()
	if last {
		s.end(nil)
	}
}
