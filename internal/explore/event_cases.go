//go:build explore

package explore

import "github.com/multiproc-go/multiproc/internal/driver"

func (p *Process) event(name string, do func(driver.Event) error) {
	done := p.World.Call(p.ID, name)
	done(code(do(p.Event)))
}

func (p *Process) set() { p.event("set", func(e driver.Event) error { return e.Set(background) }) }
func (p *Process) clear() {
	p.event("clear", func(e driver.Event) error { return e.Clear(background) })
}
func (p *Process) wait() { p.event("wait", func(e driver.Event) error { return e.Wait(background) }) }

// eventModel's state is 1 while the event is set, and 2 more once it is deleted.
var eventModel = Model{Step: func(state uint64, op Op) (uint64, bool) {
	if op.Returned && op.Result[0] == codeClosed {
		return state, state&2 != 0
	}
	switch op.Name {
	case "set":
		return state | 1, true
	case "clear":
		return state &^ 1, true
	case "wait":
		return state, state&1 == 1
	case "delete":
		return state | 2, true
	}
	return state, op.Name == Crash
}}

// unlessSet is right where the event is not set.
func unlessSet(w *World) (err error) {
	w.quietly(func() {
		for id, p := range w.Processes {
			if set, _ := p.Event.IsSet(background); set && !w.Dead[id] {
				err = errStalled
			}
		}
	})
	return err
}

func eventCases() []Case {
	small := Shape{Objects: 1}
	wait := func(w *World, p *Process) { p.wait() }
	return []Case{{
		Name: "event: two wait, one sets", Objects: []string{"Event"},
		Spaces: small, Setup: openEvents, Model: eventModel, Stalled: unlessSet, Stuck: unlessSet,
		Bounds:  Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 5, Kills: 2, Stops: 1},
		Threads: append(threads(wait, 0, 1), Thread{2, func(w *World, p *Process) { p.set() }}, sweeper(3)),
	}, {
		Name: "event: set and cleared before the sleeper runs", Objects: []string{"Event"},
		Spaces: small, Setup: openEvents, Model: eventModel, Stalled: unlessSet,
		Bounds: Bounds{Preemptions: 3},
		Deep:   Bounds{Preemptions: 6, Stops: 1},
		Threads: append(threads(wait, 0), Thread{1, func(w *World, p *Process) {
			p.UntilAsleep(0)
			p.set()
			p.clear()
		}}),
	}, {
		Name: "event: deleted while others wait", Objects: []string{"Event"},
		Spaces: small, Setup: openEvents, Model: eventModel, Stalled: unlessSet,
		Bounds: Bounds{Preemptions: 3},
		Deep:   Bounds{Preemptions: 5, Stops: 1},
		Threads: append(threads(wait, 0, 1), Thread{2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "e")))
		}}),
	}}
}
