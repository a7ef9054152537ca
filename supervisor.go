package multiproc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A Supervisor keeps processes running. It is safe for concurrent use.
//
// Each process has a number, and a name with that number: "web-1", "web-2" where
// WithName says "web", else with the function's name. A process that is started
// again has its predecessor's.
//
// A process that fails is started again after Backoff, and after twice as long
// with each further failure in a row. A row ends with a good end, with Restart,
// and with a run of Window or longer. A start that fails is a failure, too.
type Supervisor struct {
	cfg     SupervisorConfig // with its defaults
	name    string           // of its processes, without their numbers
	start   func(life context.Context, name string) (*child, error)
	release func() // gives up what start needs

	life  context.Context // of all its processes; its cause is a *gaveUp where it gave up
	end   context.CancelCauseFunc
	hurry context.Context // ends when those being stopped are to be killed
	kill  context.CancelFunc

	keepers sync.WaitGroup // one for each process that lives or is to live again
	tellers sync.WaitGroup // one for each end that OnExit has not been told of
	gone    chan struct{}  // closed after the end, when no process is left,
	done    chan struct{}  // and when OnExit has been told of them

	mu       sync.Mutex // never held while something is waited for
	ended    bool       // no keeper is added any more
	places   map[int]*place
	failures failures
	restarts int
	untold   []ending // the first is being told
}

// errSupervisorEnded is why it changes nothing any more.
var errSupervisorEnded = errors.New("the supervisor has ended")

// supervisors are those of this process that have not ended.
var supervisors sync.Map

// endSupervisors has them stop their processes, and start none again.
func endSupervisors() {
	supervisors.Range(func(s, _ any) bool {
		s.(*Supervisor).end(nil)
		return true
	})
}

// Supervise keeps cfg.Processes daemon processes running the function on in,
// starting those that fail again, until ctx ends or too many have failed. When it
// returns all have been started once; if one of them can't be, that is the error,
// and none is left.
//
// A supervisor needs a call of Stop, or the end of ctx; what it runs ends with
// this process at the latest, however that ends. One left running does not keep
// Main from ending.
func (f *Function[In, Out]) Supervise(ctx context.Context, in In, cfg SupervisorConfig, opts ...Option) (*Supervisor, error) {
	cfg, err := cfg.withDefaults()
	if err == nil {
		err = contextError(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("multiproc: supervise %s: %w", f.name, err)
	}
	input, err := f.in.Append(nil, &in)
	if err != nil {
		return nil, fmt.Errorf("multiproc: supervise %s: input: %w", f.name, err)
	}
	o, err := collect(opts)
	if err != nil {
		return nil, fmt.Errorf("multiproc: supervise %s: %w", f.name, err)
	}
	opts, release, err := hold(opts)
	if err != nil {
		return nil, fmt.Errorf("multiproc: supervise %s: %w", f.name, err)
	}
	if o.name == "" {
		o.name = f.name
	}
	s := &Supervisor{
		cfg:  cfg,
		name: o.name,
		start: func(life context.Context, name string) (*child, error) {
			return start(life, f.name, input, append(slices.Clone(opts), Daemon(), WithName(name)))
		},
		release:  release,
		gone:     make(chan struct{}),
		done:     make(chan struct{}),
		places:   map[int]*place{},
		failures: failures{most: cfg.MaxFails, window: cfg.Window},
	}
	s.life, s.end = context.WithCancelCause(ctx)
	s.hurry, s.kill = context.WithCancel(context.Background())
	supervisors.Store(s, nil)
	go s.await()
	// One that has ended already gave up, or ended with ctx: Wait says which.
	if err := s.Resize(cfg.Processes); err != nil && !errors.Is(err, errSupervisorEnded) {
		s.end(nil)
		<-s.gone
		return nil, err
	}
	return s, nil
}

// await waits for the end of the supervisor and of all that it has begun.
func (s *Supervisor) await() {
	<-s.life.Done()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.keepers.Wait()
	s.kill() // nobody; it frees the context
	s.release()
	supervisors.Delete(s)
	close(s.gone)
	s.tellers.Wait()
	close(s.done)
}

// Processes describes the processes that it keeps running and that run now, in
// the order of their numbers. Those that are being stopped are not among them.
func (s *Supervisor) Processes() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	var infos []Info
	for _, number := range slices.Sorted(maps.Keys(s.places)) {
		if c := s.places[number].child; c != nil && s.life.Err() == nil {
			infos = append(infos, c.info)
		}
	}
	return infos
}

// Restarts tells how many processes were started again because they had ended.
// Those that Restart replaced do not count.
func (s *Supervisor) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Stop stops the processes, as [Process.Stop] does, and returns nil when they are
// gone. If ctx ends first they are killed.
func (s *Supervisor) Stop(ctx context.Context) error {
	s.end(nil)
	select {
	case <-s.gone:
	case <-ctx.Done():
		s.kill()
		<-s.gone
	}
	return nil
}

// Wait returns nil once the supervisor was stopped, its context ended, or all
// its processes ended with a nil error; else why it gave up: how many failures
// there were in what time, and, for errors.Is and errors.As, the last of them. By
// then all processes are gone and OnExit has been told of them. ctx bounds this
// waiting alone.
func (s *Supervisor) Wait(ctx context.Context) error {
	select {
	case <-s.done:
	default:
		select {
		case <-s.done:
		case <-ctx.Done():
			return fmt.Errorf("multiproc: wait for the supervisor of %s: %w", s.name, contextError(ctx))
		}
	}
	if why, ok := context.Cause(s.life).(*gaveUp); ok {
		return fmt.Errorf("multiproc: supervise %s: %w", s.name, why)
	}
	return nil
}
