//go:build explore

package explore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openValues(w *World) {
	for _, p := range w.Processes {
		p.Value = must(p.Space.OpenValue(background, driver.Which{Name: "v"}, driver.Type{Name: "pair", Fingerprint: [16]byte{1}}))
	}
}

// makeValue opens a value, unless others have all the entries there are.
func (p *Process) makeValue(name string) bool {
	v, err := p.Space.OpenValue(background, driver.Which{Name: name}, driver.Type{Name: "pair", Fingerprint: [16]byte{1}})
	if errors.Is(err, driver.ErrNoSpace) {
		return false
	}
	p.Value = must(v, err)
	return true
}

// aValueStored is a value that is 1 at first.
func aValueStored(w *World) {
	openValues(w)
	if err := w.Processes[0].Value.Store(background, pair(1)); err != nil {
		panic(err)
	}
}

// pair is a number as a value: twice, so that a mixture shows.
func pair(v int64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(v)), uint64(v))
}

func unpair(data []byte) int64 {
	if len(data) == 0 {
		return 0
	}
	one, two := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	if one != two {
		panic(fmt.Sprintf("a mixture of %d and %d", one, two))
	}
	return int64(one)
}

func (p *Process) load() {
	done := p.World.Call(p.ID, "load")
	r, err := p.Value.Read(background)
	v := int64(0)
	if err == nil {
		v = unpair(r.Bytes)
		p.Value.Done(r)
	}
	done(code(err), v)
}

func (p *Process) store(v int64) {
	done := p.World.Call(p.ID, "store", v)
	done(code(p.Value.Store(background, pair(v))))
}

// update adds to the value.
func (p *Process) update(delta int64) {
	done := p.World.Call(p.ID, "add", delta)
	for {
		r, err := p.Value.Read(background)
		if err != nil {
			done(code(err))
			return
		}
		v := unpair(r.Bytes) + delta
		p.Value.Done(r)
		swapped, err := p.Value.Swap(background, r.Version, pair(v))
		if swapped || err != nil {
			done(code(err), v)
			return
		}
	}
}

// valueModel's state is the value, and bit 32 once it is deleted.
func valueModel(first uint64) Model {
	const deleted = 1 << 32
	return Model{Step: func(state uint64, op Op) (uint64, bool) {
		if state&^deleted == 0 { // nothing else ever is 0 again
			state |= first
		}
		value := int64(uint32(state))
		if op.Returned && op.Result[0] == codeClosed {
			return state, state&deleted != 0
		}
		switch op.Name {
		case "load":
			return state, !op.Returned || op.Result[1] == value
		case "store":
			return state&deleted | uint64(op.Args[0]), true
		case "add":
			next := value + op.Args[0]
			return state&deleted | uint64(next), !op.Returned || op.Result[1] == next
		case "delete":
			return state | deleted, true
		}
		return state, op.Name == Crash
	}}
}

// oneBlock is so if the value's block is the only one, once the dead are buried.
func oneBlock(w *World) error {
	for id, p := range w.Processes {
		if w.Dead[id] {
			continue
		}
		p.Space.Collect(p.Value)
		r, err := p.Value.Read(background)
		if err != nil {
			return err
		}
		unpair(r.Bytes)
		p.Value.Done(r)
		if n := p.Space.BlocksInUse(); n != 1 && r.Version != 0 || n > 1 {
			return fmt.Errorf("%d blocks are in use", n)
		}
	}
	return nil
}

// noBlock is so if nothing is left of a deleted value once all have let it go.
func noBlock(w *World) error {
	for id, p := range w.Processes {
		if !w.Dead[id] {
			if err := p.Space.Delete(background, "v"); err != nil && !errors.Is(err, driver.ErrNotFound) {
				return err // who was to delete it may have died before
			}
			p.Space.LetGo(p.Value)
		}
	}
	for id, p := range w.Processes {
		if n := p.Space.BlocksInUse(); n != 0 && !w.Dead[id] {
			return fmt.Errorf("%d blocks are in use", n)
		}
	}
	return nil
}

func valueCases() []Case {
	shape := Shape{Objects: 1, Annexes: 1, Chunks: 3}
	load := func(_ *World, p *Process) { p.load() }
	store := func(v int64) func(*World, *Process) {
		return func(_ *World, p *Process) { p.store(v) }
	}
	storeTwice := func(_ *World, p *Process) {
		p.store(2)
		p.store(3)
	}
	return []Case{{
		Name: "value: another's maker dies, is swept by two, and it is made in the same entry", Objects: []string{"Value"},
		Spaces: shape,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{2, func(_ *World, p *Process) { p.makeValue("other") }}, sweeper(0), {1, func(_ *World, p *Process) {
			if !p.Died() {
				return
			}
			p.Space.Bury()
			if p.makeValue("v") {
				p.store(7)
				p.UntilDone(0)
				p.load()
			}
		}}},
		Model: valueModel(0),
	}, {
		Name: "value: read while it is replaced", Objects: []string{"Value"},
		Spaces: shape, Setup: aValueStored, Model: valueModel(1), After: oneBlock,
		Bounds:  Bounds{Preemptions: 2, Kills: 1, Stops: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: []Thread{{0, load}, {1, storeTwice}},
	}, {
		Name: "value: two processes store, and one that sweeps", Objects: []string{"Value"},
		Spaces: shape, Setup: openValues, Model: valueModel(0), After: oneBlock,
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 2, Stops: 1},
		Threads: []Thread{{0, storeTwice}, {1, store(4)}, sweeper(2)},
	}, {
		Name: "value: updates are exact", Objects: []string{"Value"},
		Spaces: shape, Setup: aValueStored, Model: valueModel(1), After: oneBlock,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			p.update(1)
		}}, {1, func(_ *World, p *Process) {
			p.update(2)
			p.load()
		}}},
	}, {
		Name: "value: goroutines of one process read, and one has no cell left", Objects: []string{"Value"},
		Spaces: shape, Model: valueModel(1), After: oneBlock,
		Setup: func(w *World) {
			aValueStored(w)
			w.Processes[0].Space.HoldCells(w.Processes[0].Value, 6)
		},
		Bounds:  Bounds{Preemptions: 2, Kills: 1},
		Deep:    Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, load}, {0, load}, {1, store(2)}},
	}, {
		Name: "value: deleted while it is read and replaced", Objects: []string{"Value", "Space"},
		Spaces: shape, Setup: aValueStored, Model: valueModel(1), After: noBlock,
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1, Stops: 1},
		Threads: []Thread{{0, load}, {1, store(2)}, {2, func(w *World, p *Process) {
			done := w.Call(p.ID, "delete")
			err := p.Space.Delete(background, "v")
			done(code(err))
		}}},
	}, {
		Name: "value: closed while it is read and replaced", Objects: []string{"Value", "Space"},
		Spaces: shape, Setup: aValueStored,
		Bounds: Bounds{Preemptions: 2},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			if r, err := p.Value.Read(background); err == nil {
				unpair(r.Bytes)
				p.Value.Done(r)
			}
		}}, {1, storeTwice}, {0, func(_ *World, p *Process) {
			if err := p.Value.Store(background, pair(4)); err != nil && !errors.Is(err, driver.ErrClosed) {
				panic(err)
			}
		}}, {0, func(w *World, p *Process) {
			if err := p.Space.Close(); err != nil {
				panic(err)
			}
			w.Closed[0] = true
		}}},
		After: func(w *World) error {
			if w.Dead[0] || w.Dead[1] {
				return nil
			}
			p := w.Processes[1]
			p.Space.Collect(p.Value)
			if n := p.Space.BlocksInUse(); n != 1 {
				return fmt.Errorf("%d blocks are in use", n)
			}
			return nil
		},
	}}
}
