//go:build explore

package explore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openServices(w *World) {
	for _, p := range w.Processes {
		p.Service = must(p.Space.OpenService(background, driver.Which{Name: "v"}, driver.Type{Name: "number", Fingerprint: [16]byte{1}}))
	}
}

func number(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }

func unnumber(data []byte) int64 {
	if len(data) != 8 {
		panic(fmt.Sprintf("%d bytes instead of a number", len(data)))
	}
	return int64(binary.LittleEndian.Uint64(data))
}

// callService calls with the number n, which is that of no other call.
func (p *Process) callService(ctx context.Context, n int64) {
	done := p.World.Call(p.ID, "call", n)
	p.calling++
	reply, err := p.Service.Call(ctx, number(n), nil)
	p.calling--
	result := int64(-1)
	if err == nil && reply.Ends == 0 {
		result = unnumber(reply.Data)
	}
	done(code(err), result)
}

// take takes a call; false where there will be none.
func (p *Process) take(ctx context.Context) (r driver.Request, ok bool) {
	done := p.World.Call(p.ID, "take")
	p.taking++
	r, err := p.Service.Take(ctx, nil)
	p.taking--
	if err != nil {
		done(code(err))
		return r, false
	}
	done(codeOK, unnumber(r.Data))
	return r, true
}

// answer answers a call with ten times its number.
func (p *Process) answer(r driver.Request) {
	n := unnumber(r.Data)
	done := p.World.Call(p.ID, "answer", n)
	done(code(p.Service.Answer(r, number(10*n))))
}

// serve serves n calls.
func (p *Process) serve(n int) {
	for range n {
		r, ok := p.take(background)
		if !ok {
			return
		}
		p.answer(r)
	}
}

// serviceModel's state is, for each call by its number n, in the bits from 8n on:
//
//	bits 0-3 who serves it + 1, bit 4 it is answered, bit 5 its caller has returned,
//	bits 6-7 how many servers it has ended
//
// and bit 63 says that the service is deleted. An answer where nobody waits any more
// leaves no trace. Who dies while it takes a call may have taken any or none.
var serviceModel = Model{Steps: func(state uint64, op Op) (all []uint64) {
	const (
		server, answered, returned, end = 15, 1 << 4, 1 << 5, 1 << 6
		deleted                         = 1 << 63
	)
	me := uint64(op.Process) + 1
	of := func(n int64) uint64 { return state >> (8 * n) & 255 }
	set := func(n int64, to uint64) uint64 { return state&^(255<<(8*n)) | to<<(8*n) }
	taken := func(n int64) (all []uint64) {
		if call := of(n); call&(server|answered|returned) == 0 && call/end < 3 {
			all = append(all, set(n, call|me))
		}
		return all
	}
	if op.Returned && op.Result[0] == codeClosed {
		return only(state, state&deleted != 0)
	}
	n := op.Args[0]
	call := of(n)
	switch op.Name {
	case "delete":
		return only(state|deleted, true)
	case Crash:
		for n := int64(1); n <= 2; n++ {
			if call := of(n); call&server == me && call&answered == 0 {
				state = set(n, call&^server+end)
			}
		}
		return only(state, true)
	case "take":
		switch {
		case !op.Returned:
			return append(append(only(state, true), taken(1)...), taken(2)...)
		case op.Result[0] != codeOK:
			return only(state, true)
		}
		return taken(op.Result[1])
	case "give back":
		return only(set(n, call&^server), call&server == me || call&returned != 0)
	case "answer":
		return only(set(n, call|answered), call&server == me && call&answered == 0)
	case "call":
		switch {
		case !op.Returned || op.Result[0] == codeCanceled:
			return only(set(n, call|returned), true)
		case op.Result[1] == -1:
			return only(set(n, call|returned), call&answered == 0 && call/end == 3)
		}
		return only(set(n, call|returned), call&answered != 0 && op.Result[1] == 10*n)
	}
	return nil
}}

// serveRightly is right where nobody who lives and runs waits for a call while another
// waits to be served, and none waits that is answered, or served by one who is dead.
func serveRightly(w *World) error {
	var queued, forgotten, taking bool
	for id, p := range w.Processes {
		if w.Dead[id] || w.sched.stopped[id] || w.Closed[id] {
			continue
		}
		if p.calling > 0 {
			w.quietly(func() {
				q, f := p.Space.MyCalls(p.Service)
				queued, forgotten = queued || q, forgotten || f
			})
		}
		taking = taking || p.taking > 0
	}
	if queued && taking || forgotten {
		return errors.New("a call is forgotten: " + w.sched.describe())
	}
	return nil
}

// noCall is so if nothing is left of any call, once the dead are buried.
func noCall(w *World) error {
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		if p.calling > 0 {
			return nil // it waits for one to serve it
		}
	}
	for id, p := range w.Processes {
		if n := p.Space.BlocksInUse(); n != 0 && !w.Dead[id] && !w.Closed[id] {
			return fmt.Errorf("%d blocks are in use", n)
		}
		if n := p.Space.CallCells(p.Service); n != 0 && !w.Dead[id] && !w.Closed[id] {
			return fmt.Errorf("%d cells are in use", n)
		}
	}
	return nil
}

// dies takes a call and dies of it.
func dies(w *World, p *Process) {
	if _, ok := p.take(background); !ok {
		return
	}
	w.die(p.ID)
	w.history.crash(p.ID)
	w.sched.note(1)
	w.sched.disturbed = true
}

func serviceCases() []Case {
	service := func(name string, bounds, deep Bounds, threads ...Thread) Case {
		return Case{
			Name: "service: " + name, Objects: []string{"Service"}, Spaces: Shape{Objects: 1, Annexes: 2, Chunks: 4},
			Bounds: bounds, Deep: deep, Setup: openServices, Model: serviceModel,
			Stalled: serveRightly, Stuck: serveRightly, After: noCall, Threads: threads,
		}
	}
	call := func(process int, n int64) Thread {
		return Thread{process, func(_ *World, p *Process) { p.callService(background, n) }}
	}
	serves := func(process, n int) Thread {
		return Thread{process, func(_ *World, p *Process) { p.serve(n) }}
	}
	return []Case{
		service("two call, and one serves", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			call(0, 1), call(1, 2), serves(2, 2)),
		service("one calls, and of two who serve one dies", Bounds{Preemptions: 1, Kills: 1}, Bounds{Preemptions: 3, Kills: 2, Stops: 1},
			call(0, 1), serves(1, 1), serves(2, 1)),
		service("two call, and two who sleep serve", Bounds{Preemptions: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			serves(0, 1), serves(1, 1), Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.UntilAsleep(1)
				p.callService(background, 1)
			}}, Thread{2, func(_ *World, p *Process) {
				p.UntilAsleep(0)
				p.UntilAsleep(1)
				p.callService(background, 2)
			}}),
		service("a context ends while the call is served", Bounds{Preemptions: 2, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			Thread{0, func(w *World, p *Process) { p.callService(w.ctx, 1) }}, canceler(0), Thread{1, func(w *World, p *Process) {
				if r, ok := p.take(w.ctx); ok {
					p.answer(r)
				}
			}}),
		service("who serves waits until nobody wants the answer", Bounds{Preemptions: 2}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			Thread{0, func(w *World, p *Process) { p.callService(w.ctx, 1) }}, Thread{0, func(w *World, p *Process) {
				p.UntilAsleep(1)
				w.cancel()
				w.sched.note(1)
			}}, Thread{1, func(w *World, p *Process) {
				if r, ok := p.take(w.ctx); ok {
					if err := p.Service.AwaitUnwanted(background, r); err != nil {
						panic(err)
					}
					p.answer(r)
				}
			}}),
		service("who calls dies, and who serves sees it", Bounds{Preemptions: 1, Kills: 1}, Bounds{Preemptions: 3, Kills: 2, Stops: 1},
			call(0, 1), Thread{1, func(w *World, p *Process) {
				if !p.Died() {
					w.die(0)
					w.sched.disturbed = true
				}
				p.Space.Bury()
				p.callService(background, 2)
			}}, serves(2, 2)),
		service("a request ends three who serve it", Bounds{Preemptions: 1}, Bounds{Preemptions: 2, Kills: 1, Stops: 1},
			call(0, 1), Thread{1, dies}, Thread{2, dies}, Thread{3, dies}, Thread{4, func(_ *World, p *Process) {
				for process := 3; process > 0; process-- {
					p.UntilDone(process)
					p.Space.Bury()
				}
				p.serve(1) // and not this one
			}}),
		service("one gives back what another serves", Bounds{Preemptions: 2}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			call(0, 1), Thread{1, func(w *World, p *Process) {
				if r, ok := p.take(background); ok {
					done := w.Call(p.ID, "give back", unnumber(r.Data))
					done(code(p.Service.GiveBack(r)))
				}
			}}, serves(2, 1)),
		service("deleted while it is called and served", Bounds{Preemptions: 1, Stops: 1}, Bounds{Preemptions: 3, Kills: 1, Stops: 1},
			call(0, 1), serves(1, 2), Thread{2, func(w *World, p *Process) {
				done := w.Call(p.ID, "delete")
				done(code(p.Space.Delete(background, "v")))
			}}),
		serviceClosed(0), serviceClosed(1),
		serviceReclaimed(),
	}
}

// serviceClosed is the end of the space of who calls, or who serves.
func serviceClosed(whose int) Case {
	return Case{
		Name: fmt.Sprint("service: closed by process ", whose), Objects: []string{"Service", "Space"},
		Spaces: Shape{Objects: 1, Annexes: 2, Chunks: 4},
		Bounds: Bounds{Preemptions: 1}, Deep: Bounds{Preemptions: 3, Kills: 1},
		Setup: openServices, Stalled: serveRightly, Stuck: serveRightly, After: noCall,
		Threads: []Thread{{0, func(_ *World, p *Process) { p.mayBeClosed(func() { p.callService(background, 1) }) }},
			{1, func(_ *World, p *Process) { p.mayBeClosed(func() { p.serve(1) }) }},
			{2, func(_ *World, p *Process) { p.callService(background, 2) }},
			{3, func(_ *World, p *Process) { p.serve(2) }},
			{whose, func(w *World, p *Process) {
				p.UntilDone(2)
				if err := p.Space.Close(); err != nil {
					panic(err)
				}
				w.Closed[whose] = true
			}}},
	}
}

// mayBeClosed runs what the closing of its space may end.
func (p *Process) mayBeClosed(run func()) {
	run()
	if p.World.Closed[p.ID] {
		p.calling, p.taking = 0, 0
	}
}

// serviceReclaimed is a service that is deleted, whose entry becomes another.
func serviceReclaimed() Case {
	return Case{
		Name: "service: deleted, and made anew in the same entry", Objects: []string{"Service", "Space"},
		Spaces: Shape{Objects: 1, Annexes: 2, Chunks: 4},
		Bounds: Bounds{Preemptions: 1, Kills: 1}, Deep: Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Setup: openServices, Stalled: serveRightly, Stuck: serveRightly, After: noCall,
		Threads: []Thread{{0, func(w *World, p *Process) {
			_, err := p.Service.Call(w.ctx, number(1), nil)
			if err == nil {
				return
			}
			p.Space.LetGo(p.Service)
		}}, {1, func(_ *World, p *Process) {
			r, err := p.Service.Take(background, nil)
			if err == nil {
				_ = p.Service.Answer(r, number(10))
			}
			p.Space.LetGo(p.Service)
		}}, {2, func(_ *World, p *Process) {
			if err := p.Space.Delete(background, "v"); err != nil {
				panic(err)
			}
			p.Space.LetGo(p.Service)
			v, err := p.Space.OpenService(background, driver.Which{Name: "v"}, driver.Type{Name: "number", Fingerprint: [16]byte{2}})
			if errors.Is(err, driver.ErrNoSpace) {
				return // the old one is in use still
			}
			p.Service = must(v, err)
			ctx, cancel := context.WithCancel(background)
			cancel()
			if _, err := p.Service.Take(ctx, nil); !errors.Is(err, context.Canceled) {
				panic(err)
			}
		}}},
	}
}
