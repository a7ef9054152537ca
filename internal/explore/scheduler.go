//go:build explore

package explore

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// A scheduler runs the threads of one run, one at a time, and decides before each
// access to the arena which goes on. It is the Hook of all processes' arenas. All
// that it has belongs to the one thread that runs, which hands it to the next.
type scheduler struct {
	choose func(state uint64, options int) (option int, ok bool)

	threads []*thread
	arenas  []*arena.Arena // by process
	now     *thread        // who runs
	left    Bounds         // of what may still be done to them
	dead    []bool         // by process
	stopped []bool
	onDeath func(process int)
	onStall func() error // is it right that all others wait while one is stopped?
	onStuck func() error // and that some wait for ever?

	beats func(off uint64) bool // whether the word there only shows that somebody runs

	steps     int
	clock     time.Duration
	beds      int
	memory    uint64 // sums up what the arena holds
	events    uint64 // sums up in which order things happened that others may notice
	disturbed bool   // somebody was killed or stopped: sleeps may have to time out
	failure   error
	gaveUp    bool
	finished  chan struct{}
	over      atomic.Bool // accesses are no business of ours any more
}

type thread struct {
	id, process int
	resume      chan struct{}
	gone        chan struct{} // closed when its goroutine ends
	done        bool
	ready       func() bool // whether it can go on; nil if it can
	bed         *bed        // where it sleeps, if it does
	idle        bool        // it waits for nothing but the others' end
	timeouts    int         // in a row, without its having changed anything
	allTimeouts int
	history     uint64 // sums up what it has seen, and so what it will do
}

type bed struct {
	off             uint64
	since           int // the how many'th bed it is
	woken, timedOut bool
}

// maxTimeouts is how often in a row a thread's sleep times out. It has looked
// again by then; more shows nothing new.
const maxTimeouts = 3

// timeout is how long a sleep is that times out: long enough that two of them, after
// one that still saw a change, are as long as anybody waits for a change.
const timeout = 600 * time.Millisecond

// maxAllTimeouts is how often they do until one who is stopped goes on, even if each
// look changes something: who waits may do no more than show that it is there.
const maxAllTimeouts = 12

// maxSteps is more than any case takes that comes to an end.
const maxSteps = 10_000

// run runs bodies, each a thread of the process beside it, until all are done or
// dead.
func (s *scheduler) run(bodies []func(), processes []int) {
	s.finished = make(chan struct{})
	for i, body := range bodies {
		t := &thread{id: i, process: processes[i], resume: make(chan struct{}, 1), gone: make(chan struct{})}
		s.threads = append(s.threads, t)
		go func() {
			defer close(t.gone)
			<-t.resume
			if s.over.Load() {
				return
			}
			defer s.leave(t)
			body()
		}()
	}
	s.pass(nil)
	<-s.finished
	s.over.Store(true)
}

// release ends the goroutines of those who did not come to their end.
func (s *scheduler) release() {
	for _, t := range s.threads {
		if !t.done {
			t.resume <- struct{}{}
			<-t.gone
		}
	}
}

// leave is what a thread does last.
func (s *scheduler) leave(t *thread) {
	if cause := recover(); cause != nil && !s.over.Load() {
		s.failure = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
	if s.over.Load() {
		return
	}
	t.done = true
	s.pass(t)
}

// pass lets the next one run, and returns when it is the caller t's turn.
func (s *scheduler) pass(t *thread) {
	next := s.next()
	if next == t && t != nil {
		return
	}
	s.now = next
	if next == nil {
		close(s.finished)
	} else {
		next.resume <- struct{}{}
	}
	if t == nil || t.done {
		return
	}
	<-t.resume
	if s.over.Load() {
		runtime.Goexit()
	}
}

// next chooses who runs, or what happens to whom; nil at the end.
func (s *scheduler) next() *thread {
	for s.failure == nil && !s.gaveUp {
		if s.steps++; s.steps > maxSteps {
			s.failure = errors.New("it goes on and on: " + s.describe())
			return nil
		}
		ready := s.ready()
		if len(ready) == 0 {
			if !s.unstick() {
				return nil
			}
			continue
		}
		n := len(ready)
		if ready[0] == s.now && s.left.Preemptions == 0 {
			n = 1 // it goes on
		}
		options, kill, stop := n, -1, -1
		if t := s.now; t != nil && !t.done && !s.dead[t.process] && !s.stopped[t.process] {
			if s.left.Kills > 0 {
				kill = options
				options++
			}
			if s.left.Stops > 0 {
				stop = options
				options++
			}
		}
		option, ok := 0, true
		if options > 1 {
			option, ok = s.choose(s.state(), options)
		}
		switch {
		case !ok:
			s.gaveUp = true
		case option == kill:
			s.kill(s.now.process)
		case option == stop:
			s.left.Stops--
			s.disturbed = true
			s.stopped[s.now.process] = true
			for _, t := range s.threads {
				t.timeouts = 0 // what stands still from now on is new to all
			}
		default:
			next := ready[option]
			if option > 0 && ready[0] == s.now {
				s.left.Preemptions--
			}
			return next
		}
	}
	return nil
}

// ready are those who can run, the one who runs first.
func (s *scheduler) ready() (ready []*thread) {
	for k := range s.threads {
		first := 0
		if s.now != nil {
			first = s.now.id
		}
		t := s.threads[(first+k)%len(s.threads)]
		if !t.done && !s.dead[t.process] && !s.stopped[t.process] && (t.ready == nil || t.ready()) {
			ready = append(ready, t)
		}
	}
	return ready
}

func (s *scheduler) kill(process int) {
	s.left.Kills--
	s.disturbed = true
	s.dead[process] = true
	s.arenas[process].Close()
	s.onDeath(process)
}

// unstick does what time does when nobody can run: sleeps time out, but only
// where somebody was killed or stopped, since elsewhere that would hide a wake
// that was lost; and who was stopped goes on.
func (s *scheduler) unstick() bool {
	waiting, timedOut := false, false
	for _, t := range s.threads {
		if t.done || s.dead[t.process] || s.stopped[t.process] {
			continue
		}
		waiting = waiting || !t.idle
		if t.bed != nil && s.disturbed && t.timeouts < maxTimeouts && t.allTimeouts < maxAllTimeouts {
			t.timeouts++
			t.allTimeouts++
			t.bed.timedOut = true
			timedOut = true
		}
	}
	if timedOut {
		s.clock += timeout
		return true
	}
	went := false
	for p, stopped := range s.stopped {
		if !stopped {
			continue
		}
		if waiting && !went {
			if s.failure = s.onStall(); s.failure != nil {
				return false
			}
		}
		s.stopped[p], went = false, true
	}
	if went {
		for _, t := range s.threads {
			t.timeouts, t.allTimeouts = 0, 0
		}
		return true
	}
	if waiting {
		s.failure = s.onStuck()
	}
	return false
}

func (s *scheduler) describe() (text string) {
	for _, t := range s.threads {
		how := "waits in its process"
		switch {
		case t.done:
			how = "is done"
		case s.dead[t.process]:
			how = "is dead"
		case t.bed != nil:
			how = fmt.Sprintf("sleeps at %#x", t.bed.off)
		}
		text += fmt.Sprintf("thread %d of process %d %s; ", t.id, t.process, how)
	}
	return text
}

// state sums up all that the rest of the run depends on.
func (s *scheduler) state() uint64 {
	h := mix(mix(s.memory, s.events), uint64(s.clock))
	for _, t := range s.threads {
		flags := uint64(t.timeouts)<<8 | uint64(t.allTimeouts)<<16
		for bit, on := range []bool{t.done, s.dead[t.process], s.stopped[t.process], t.bed != nil,
			t.bed != nil && t.bed.woken, t.bed != nil && t.bed.timedOut, t == s.now, s.disturbed} {
			if on {
				flags |= 1 << bit
			}
		}
		h = mix(mix(h, t.history), flags)
	}
	return mix(h, uint64(s.left.Preemptions)<<16|uint64(s.left.Kills)<<8|uint64(s.left.Stops))
}
