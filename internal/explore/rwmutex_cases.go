//go:build explore

package explore

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openRWMutexes(w *World) {
	for _, p := range w.Processes {
		p.RWMutex = must(p.Space.OpenRWMutex(background, driver.Which{Name: "rw"}))
	}
}

// write holds the lock as its writer for a moment.
func (p *Process) write(ctx context.Context) {
	done := p.World.Call(p.ID, "lock")
	h, err := p.RWMutex.Lock(ctx)
	done(code(err), held(h))
	if err == nil {
		p.Space.Touch() // others may come while it has the lock, and does not give it up yet
		p.unwrite(h)
	}
}

func (p *Process) tryWrite() {
	done := p.World.Call(p.ID, "trylock")
	h, err := p.RWMutex.TryLock()
	done(code(err), held(h))
	if err == nil {
		p.unwrite(h)
	}
}

func (p *Process) unwrite(h driver.Holding) {
	done := p.World.Call(p.ID, "unlock", int64(h.Token()))
	done(code(p.RWMutex.Unlock(h)))
}

// A guard ends a reader's holding.
type guard func(name string)

func (p *Process) rlock(ctx context.Context) (end guard, err error) {
	done := p.World.Call(p.ID, "rlock")
	lock, h, err := p.RWMutex.RLock(ctx)
	done(code(err), held(h))
	return p.guard(lock, h), err
}

func (p *Process) tryRLock() (end guard, err error) {
	done := p.World.Call(p.ID, "tryrlock")
	lock, h, err := p.RWMutex.TryRLock()
	done(code(err), held(h))
	return p.guard(lock, h), err
}

func (p *Process) guard(lock driver.Unlocker, h driver.Holding) guard {
	return func(name string) {
		done := p.World.Call(p.ID, name)
		done(code(lock.Unlock(h)))
	}
}

// read holds the lock as a reader for a moment.
func (p *Process) read(ctx context.Context) {
	if end, err := p.rlock(ctx); err == nil {
		p.Space.Touch()
		end("runlock")
	}
}

// rwmutexModel's state is
//
//	bits 0-7 the writer + 1, bit 8 abandoned, bit 9 deleted,
//	bits 10-31 how many goroutines of each process read, 4 each; bits 32-63 last token
//
// What is only tried may fail at any time: for one who tries or waits beside it.
var rwmutexModel = Model{Step: func(state uint64, op Op) (uint64, bool) {
	const abandoned, deleted, readers = 1 << 8, 1 << 9, 0x3ffffc00
	me, writer, token := uint64(op.Process)+1, state&0xff, int64(state>>32)
	reader := uint64(1) << (10 + 4*op.Process)
	reads := state / reader & 15
	free := state &^ 0xff
	switch op.Name {
	case Crash:
		state &^= 15 * reader
		if writer == me {
			return state&^0xff | abandoned, true
		}
		return state, true
	case "delete":
		return state | deleted, op.Result[0] == codeOK
	}
	if op.Returned && op.Result[0] == codeClosed {
		return state, state&deleted != 0
	}
	failed := op.Returned && op.Result[0] != codeOK
	told := !op.Returned || (state&abandoned != 0) == (op.Result[1]&1 == 1)
	switch op.Name {
	case "trylock", "tryrlock":
		if failed {
			return state, true
		}
	case "lock", "rlock":
		if failed {
			return state, op.Result[0] == codeCanceled
		}
	}
	switch op.Name {
	case "lock", "trylock":
		got := op.Result[1] >> 1
		if !op.Returned {
			got = token + 1
		}
		return state&0xff00 | uint64(got)<<32 | me, told && got > token && writer == 0 && state&readers == 0
	case "unlock":
		return free &^ abandoned, !failed && writer == me && op.Args[0] == token
	case "rlock", "tryrlock":
		return state + reader, told && writer == 0
	case "runlock":
		return state - reader, !failed && reads > 0
	case "runlock again":
		return state, !op.Returned || op.Result[0] == codeNotHeld
	}
	return state, false
}}

// waitsForHolderRW is right where the one that is stopped has the lock, or reads.
func waitsForHolderRW(w *World) error {
	for id, p := range w.Processes {
		if w.sched.stopped[id] && p.Space.HoldsRW(p.RWMutex) {
			return nil
		}
	}
	return errStalled
}

// isFree is so if nothing is held any more.
func isFree(w *World) error {
	for id, p := range w.Processes {
		if !w.Dead[id] {
			if _, err := p.RWMutex.TryLock(); err != nil {
				return fmt.Errorf("afterwards: %w", err)
			}
			return nil
		}
	}
	return nil
}

func rwmutexCases() []Case {
	small := Shape{Objects: 1}
	read := func(w *World, p *Process) { p.read(background) }
	write := func(w *World, p *Process) { p.write(background) }
	about := []string{"RWMutex"}
	return []Case{{
		Name: "rwmutex: two writers and a reader", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds:  Bounds{Preemptions: 1, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(write, 0, 1), threads(read, 2)...),
	}, {
		Name: "rwmutex: a writer and two readers", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds:  Bounds{Preemptions: 2, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(read, 0, 1), threads(write, 2)...),
	}, {
		Name: "rwmutex: goroutines of one process, and another process", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds:  Bounds{Preemptions: 2},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(read, 0, 1), threads(write, 0)...),
	}, {
		Name: "rwmutex: a reader dies, or the writer that waits for it does", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds:  Bounds{Preemptions: 1, Kills: 2, Stops: 1},
		Deep:    Bounds{Preemptions: 2, Kills: 2, Stops: 1},
		Threads: append(append(threads(read, 0), threads(write, 1)...), sweeper(2)),
	}, {
		Name: "rwmutex: the writer dies that waits for a reader, and another reads", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds: Bounds{Preemptions: 1, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2},
		Threads: []Thread{{0, func(w *World, p *Process) {
			end, _ := p.rlock(background)
			p.UntilAsleep(1)
			end("runlock")
		}}, {1, write}, {2, func(w *World, p *Process) {
			if p.Died() {
				p.read(background)
			}
		}}},
	}, {
		Name: "rwmutex: waiters whose contexts end", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: append(threads(read, 0, 1), Thread{2, func(w *World, p *Process) { p.write(w.ctx) }},
			Thread{2, func(w *World, p *Process) {
				p.Space.Touch()
				w.cancel()
				w.sched.note(1)
			}}),
	}, {
		Name: "rwmutex: trying while others hold and die", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: append(threads(read, 0), Thread{1, func(w *World, p *Process) { p.tryWrite() }},
			Thread{2, func(w *World, p *Process) {
				if end, err := p.tryRLock(); err == nil {
					end("runlock")
				}
			}}),
	}, {
		Name: "rwmutex: a reader's holding ends once", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW, After: isFree,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: append(threads(func(w *World, p *Process) {
			first, _ := p.rlock(background)
			var others []guard
			for range 2 { // so that one has no seat of its own
				if end, err := p.tryRLock(); err == nil { // RLock would wait for a writer that waits for us
					others = append(others, end)
				}
			}
			first("runlock")
			first("runlock again")
			for _, end := range others {
				end("runlock")
				end("runlock again")
			}
		}, 0), threads(write, 1)...),
	}, {
		Name: "rwmutex: deleted while others use it", Objects: about,
		Spaces: small, Setup: openRWMutexes, Model: rwmutexModel, Stalled: waitsForHolderRW,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Stops: 1},
		Threads: append(append(threads(read, 0), threads(write, 1)...), Thread{2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			done(code(p.Space.Delete(background, "rw")))
		}}),
	}}
}
