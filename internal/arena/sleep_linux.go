package arena

import (
	"sync"
	"sync/atomic"
	"time"
)

// A goroutine that sleeps in the kernel cannot look at its context, so agents
// sleep in its place. The first maxAgents sleeps have an agent each, and so a
// thread; beyond that agents take several words each, or 10,000 waiting objects
// would be 10,000 threads.
const (
	maxAgents = 64
	maxWords  = 127 // of one agent: futex_waitv takes 128, and one is the agent's own
)

// agents are those of one process. They come and go with the sleeps.
type agents struct {
	mu   sync.Mutex
	list []*agent
}

var sleepers agents

// An agent sleeps on the words of its sleeps and on its own word, changed, by
// which it is called out of the kernel to look at its list again.
type agent struct {
	changed uint32
	sleeps  []*sleep // agents.mu
}

type sleep struct {
	word   *uint32
	low    uint32
	until  time.Time
	left   bool      // for it was cancelled; agents.mu
	result chan bool // whether the time is over
}

// sleepUntil is when a sleep of d ends. Sleeps end together, up to a quarter of d
// early, or thousands that end one by one would have the agents up all the time.
func sleepUntil(d time.Duration) time.Time {
	long := time.Since(began) + d
	return began.Add(long - long%(d/4+1))
}

var began = time.Now()

func (s *agents) sleep(word *uint32, low uint32, d time.Duration, cancel, closed <-chan struct{}) bool {
	mine := &sleep{word: word, low: low, until: sleepUntil(d), result: make(chan bool, 1)}
	a := s.add(mine)
	select {
	case timedOut := <-mine.result:
		return timedOut
	case <-cancel:
	case <-closed:
	}
	s.remove(a, mine)
	return false
}

func (s *agents) add(mine *sleep) *agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= maxAgents {
		if a := s.idlest(); len(a.sleeps) < maxWords {
			a.sleeps = append(a.sleeps, mine)
			a.call()
			return a
		}
	}
	a := &agent{sleeps: []*sleep{mine}}
	s.list = append(s.list, a)
	go s.run(a)
	return a
}

func (s *agents) idlest() *agent {
	least := s.list[0]
	for _, a := range s.list {
		if len(a.sleeps) < len(least.sleeps) {
			least = a
		}
	}
	return least
}

func (s *agents) remove(a *agent, gone *sleep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, one := range a.sleeps {
		if one == gone {
			a.sleeps = append(a.sleeps[:i], a.sleeps[i+1:]...)
			gone.left = true
			a.call()
			return
		}
	}
}

// call has the agent look at its list.
func (a *agent) call() {
	atomic.AddUint32(&a.changed, 1)
	futexWakeup(&a.changed, 1, futexPrivate)
}

func (s *agents) run(a *agent) {
	var words []waitv
	var asleep []*sleep
	for {
		s.mu.Lock()
		if len(a.sleeps) == 0 {
			s.drop(a)
			s.mu.Unlock()
			return
		}
		changed := atomic.LoadUint32(&a.changed)
		asleep = append(asleep[:0], a.sleeps...)
		s.mu.Unlock()

		words = words[:0]
		first := asleep[0].until
		for _, one := range asleep {
			words = append(words, waitFor(one.word, one.low, 0))
			if one.until.Before(first) {
				first = one.until
			}
		}
		words = append(words, waitFor(&a.changed, changed, futex2Priv))
		woken := futexWaitv(words, max(0, time.Until(first)))
		s.answer(a, asleep, woken)
	}
}

// answer ends the sleep with the number woken (-1 for none), and all others that
// have nothing more to wait for.
func (s *agents) answer(a *agent, asleep []*sleep, woken int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, one := range asleep {
		if one.left && woken >= 0 {
			// The kernel may have woken us for one who has left, instead of another
			// process. Where it woke us for several, it names the last alone.
			futexWakeup(one.word, 1, 0)
		}
	}
	stay := a.sleeps[:0]
	for _, one := range a.sleeps {
		over := !now.Before(one.until)
		if over || atomic.LoadUint32(one.word) != one.low ||
			(woken >= 0 && woken < len(asleep) && asleep[woken] == one) {
			one.result <- over
		} else {
			stay = append(stay, one)
		}
	}
	clear(a.sleeps[len(stay):])
	a.sleeps = stay
}

func (s *agents) drop(gone *agent) {
	for i, a := range s.list {
		if a == gone {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return
		}
	}
}
