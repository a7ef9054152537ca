//go:build explore

package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
	"github.com/multiproc-go/multiproc/internal/shm"
)

// Bounds say what may be done to the threads of a run.
type Bounds struct {
	Preemptions int // switches away from one who could have gone on
	Kills       int
	Stops       int // each until nobody else can go on
}

// A Case is a few threads of a few processes.
type Case struct {
	Name    string
	Objects []string // the objects of the contract that it is about
	Bounds  Bounds
	Deep    Bounds // for the full exploration
	Spaces  Shape
	Late    []int // processes that are not in the space yet: their threads call Attach

	Setup   func(w *World)       // before the threads, by process 0
	Threads []Thread             //
	Model   Model                // what the history has to be a run of
	Stalled func(w *World) error // may everybody wait while one is stopped? nil: never
	Stuck   func(w *World) error // may some wait for ever? nil: never
	After   func(w *World) error // when all are done
}

// A Thread is a goroutine of a process.
type Thread struct {
	Process int
	Run     func(w *World, p *Process)
}

// Shape is how large the space is: small, or each run takes long.
type Shape struct{ Objects, Annexes, Slots, Chunks, ChunkSize uint64 }

// A World is what one run of a case happens in.
type World struct {
	Processes []*Process
	Dead      []bool          // by process
	Closed    []bool          // those whose spaces are closed
	Keeps     []bool          // those who keep memory of a space that they have closed
	ctx       context.Context // for a thread to wait with and another to end
	cancel    context.CancelFunc
	history   History
	sched     *scheduler
}

// A Process is one of a run's processes.
type Process struct {
	ID    int
	World *World
	Space *shm.Space // nil before a late one has attached

	Mutex     driver.Mutex // what a case's Setup has opened
	Event     driver.Event
	Int64     driver.Int64
	Value     driver.Value
	Dict      driver.Dict
	RWMutex   driver.RWMutex
	Semaphore driver.Semaphore
	Cond      driver.Cond
	Barrier   driver.Barrier
	Once      driver.Once
	Array     driver.Array
	Queue     driver.Queue
	Letters   driver.Queue
	Pipes     [2]driver.Pipe // the ends of one

	pipes   []driver.Pipe // all holds that it ever had
	arrives bool          // it is about to have one more
	Service driver.Service

	calling, taking int // threads that call the service, or wait for a call
}

// Attach has a late process attach to the space; false where that is full.
func (p *Process) Attach() bool {
	s, err := shm.Attach(p.World.sched.arenas[p.ID], [2]uint64{})
	if err != nil && !errors.Is(err, driver.ErrNoSpace) {
		panic(err)
	}
	p.Space, p.World.Closed[p.ID] = s, s == nil
	return s != nil
}

// Died waits until some process is dead.
func (p *Process) Died() bool {
	me := p.World.sched.now
	me.idle = true
	defer func() { me.idle = false }()
	p.World.sched.Block(func() bool {
		for _, dead := range p.World.Dead {
			if dead {
				return true
			}
		}
		for _, t := range p.World.sched.threads { // or until nobody can die any more
			if t.process != p.ID && !t.done {
				return false
			}
		}
		return true
	})
	for _, dead := range p.World.Dead {
		if dead {
			return true
		}
	}
	return false
}

// UntilAsleep waits until the threads of process sleep, or are dead or done.
func (p *Process) UntilAsleep(process int) {
	s := p.World.sched
	s.Block(func() bool {
		for _, t := range s.threads {
			if t.process == process && !t.done && t.bed == nil && !s.dead[process] {
				return false
			}
		}
		return true
	})
}

// UntilDone waits until the threads of process are done or dead.
func (p *Process) UntilDone(process int) {
	s := p.World.sched
	me := s.now
	me.idle = true
	s.Block(func() bool {
		for _, t := range s.threads {
			if t.process == process && !t.done && !s.dead[process] {
				return false
			}
		}
		return true
	})
	me.idle = false
}

// quietly runs look without the scheduler's coming between.
func (w *World) quietly(look func()) {
	w.sched.over.Store(true)
	look()
	w.sched.over.Store(false)
}

var errStalled = errors.New("all wait for a process that is stopped")

// Result is what an exploration has seen.
type Result struct {
	States int // different ones, each a point where something else could have come next
	Runs   int
	Full   bool // no bound on runs ended it
	Err    error
}

// Explore runs c in all ways that bounds allow, at most maxRuns.
func Explore(c Case, bounds Bounds, maxRuns int) Result {
	var result Result
	seen := make(map[uint64]struct{})
	var path []point
	for result.Runs < maxRuns {
		step := 0
		choose := func(state uint64, options int) (int, bool) {
			if step == len(path) {
				if _, known := seen[state]; known {
					return 0, false
				}
				seen[state] = struct{}{}
				path = append(path, point{options: options})
			}
			step++
			if path[step-1].options != options {
				panic(fmt.Sprintf("explore: %s is not deterministic", c.Name))
			}
			return path[step-1].taken, true
		}
		result.Runs++
		result.Err = runOnce(c, bounds, choose)
		result.States = len(seen)
		if result.Err != nil {
			result.Err = fmt.Errorf("%s: %w (choices %v)", c.Name, result.Err, taken(path))
			return result
		}
		for len(path) > 0 && path[len(path)-1].taken+1 == path[len(path)-1].options {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			result.Full = true
			return result
		}
		path[len(path)-1].taken++
	}
	return result
}

type point struct{ taken, options int }

func taken(path []point) (choices []int) {
	for _, p := range path {
		choices = append(choices, p.taken)
	}
	return choices
}

func runOnce(c Case, bounds Bounds, choose func(uint64, int) (int, bool)) error {
	shape := c.Spaces
	processes := 1
	for _, t := range c.Threads {
		processes = max(processes, t.Process+1)
	}
	if shape.Slots == 0 {
		shape.Slots = uint64(processes) + 1
	}
	if shape.ChunkSize == 0 {
		shape.ChunkSize = 256
	}
	chunk := 32 + shape.ChunkSize/128*16 + shape.ChunkSize
	size := 4096 + shape.Slots*128 + 4*8 + shape.Objects*640 + shape.Annexes*512 + shape.Chunks*chunk + shape.ChunkSize
	heap := arena.NewHeap(size)
	w := &World{Dead: make([]bool, processes), Closed: make([]bool, processes), Keeps: make([]bool, processes)}
	s := &scheduler{choose: choose, left: bounds, dead: w.Dead, stopped: make([]bool, processes)}
	w.sched = s
	w.ctx, w.cancel = context.WithCancel(context.Background())
	defer w.cancel()
	s.over.Store(true) // the making of the world is not explored
	for id := range processes {
		a := heap.Attach()
		a.SetHook(s)
		if id == 0 {
			if err := shm.FormatSmall(a, shape.Slots, 4, shape.Objects, shape.Annexes, shape.Chunks, shape.ChunkSize); err != nil {
				return err
			}
		}
		s.arenas = append(s.arenas, a)
		p := &Process{ID: id, World: w}
		w.Processes = append(w.Processes, p)
		w.Closed[id] = slices.Contains(c.Late, id)
		if !w.Closed[id] && !p.Attach() {
			return errors.New("the space has too few slots")
		}
	}
	s.beats = w.Processes[0].Space.Beats
	if c.Setup != nil {
		c.Setup(w)
	}
	s.onDeath = func(process int) { w.history.crash(process) }
	s.onStall = func() error {
		if c.Stalled == nil {
			return fmt.Errorf("%w: %s", errStalled, s.describe())
		}
		return c.Stalled(w)
	}
	s.onStuck = func() error {
		if c.Stuck == nil {
			return errors.New("nobody can go on: " + s.describe())
		}
		return c.Stuck(w)
	}
	w.history.noted = s.note
	var bodies []func()
	var owners []int
	for _, t := range c.Threads {
		p := w.Processes[t.Process]
		bodies = append(bodies, func() { t.Run(w, p) })
		owners = append(owners, t.Process)
	}
	s.over.Store(false)
	s.run(bodies, owners)
	defer func() {
		s.release()
		for _, a := range s.arenas {
			a.SetHook(nil) // it leads to the world, and so would keep all objects from the collector
		}
		runtime.KeepAlive(w)
	}()
	if s.failure != nil || s.gaveUp {
		return s.failure
	}
	return w.verify(c)
}
