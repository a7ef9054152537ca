package arena

import "runtime"

// A Gate lets one goroutine of this process through at a time, in the order of
// their coming.
type Gate struct {
	arena *Arena
	token chan struct{}
}

// NewGate returns a gate for the goroutines that use a.
func (a *Arena) NewGate() *Gate {
	g := &Gate{arena: a, token: make(chan struct{}, 1)}
	g.token <- struct{}{}
	return g
}

// Enter waits until the gate is free, or cancel or closed is closed; it reports
// whether the caller is through.
func (g *Gate) Enter(cancel, closed <-chan struct{}) bool {
	if g.arena.Hooked() {
		g.arena.hook.Block(func() bool {
			return len(g.token) > 0 || Ended(cancel) || Ended(closed)
		})
		if len(g.token) == 0 {
			return false
		}
	}
	select {
	case <-g.token:
		return true
	default:
	}
	select {
	case <-g.token:
		return true
	case <-cancel:
	case <-closed:
	}
	return false
}

// Leave lets the next one through.
func (g *Gate) Leave() { g.token <- struct{}{} }

// Until waits until other goroutines of this process have made ready true, which
// takes them no longer than they run.
func (a *Arena) Until(ready func() bool) {
	if a.Hooked() {
		a.hook.Block(ready)
		return
	}
	for !ready() {
		runtime.Gosched()
	}
}

// Ended reports whether c is closed.
func Ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
