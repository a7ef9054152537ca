//go:build explore

package explore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

func openDicts(w *World) {
	for _, p := range w.Processes {
		p.openDict()
	}
}

func (p *Process) openDict() {
	p.Dict = must(p.Space.OpenDict(background, driver.Which{Name: "d"}, driver.Type{Name: "pairs", Fingerprint: [16]byte{1}}))
}

// aDict is one that has each of these keys, with the value 1.
func aDict(keys ...int64) func(w *World) {
	return func(w *World) {
		openDicts(w)
		for _, key := range keys {
			if err := w.Processes[0].Dict.Set(background, dictKey(key), pair(1)); err != nil {
				panic(err)
			}
		}
	}
}

// largeKey and those above it have so many bytes that their entries have bodies.
const largeKey = 12

func dictKey(k int64) []byte {
	key := binary.LittleEndian.AppendUint64(nil, uint64(k))
	if k >= largeKey {
		key = append(key, make([]byte, 250)...)
	}
	return key
}

func (p *Process) dictSet(k, v int64) {
	done := p.World.Call(p.ID, "set", k, v)
	done(code(p.Dict.Set(background, dictKey(k), pair(v))))
}

func (p *Process) dictDelete(k int64) {
	done := p.World.Call(p.ID, "remove", k)
	done(code(p.Dict.Delete(background, dictKey(k))))
}

func (p *Process) dictGet(k int64) {
	done := p.World.Call(p.ID, "get", k)
	r, err := p.Dict.Get(background, dictKey(k))
	v := int64(0)
	if err == nil {
		v = unpair(r.Bytes)
		p.Dict.Done(r)
	}
	done(code(err), v)
}

func (p *Process) dictAdd(k, delta int64) {
	done := p.World.Call(p.ID, "add", k, delta)
	for {
		r, err := p.Dict.Get(background, dictKey(k))
		v := delta
		switch {
		case err == nil:
			v += unpair(r.Bytes)
			p.Dict.Done(r)
		case !errors.Is(err, driver.ErrNotFound):
			done(code(err))
			return
		}
		swapped, err := p.Dict.Swap(background, dictKey(k), r.Version, pair(v))
		if swapped || err != nil {
			done(code(err), v)
			return
		}
	}
}

func (p *Process) dictLen() {
	done := p.World.Call(p.ID, "len")
	n, err := p.Dict.Len(background)
	done(code(err), int64(n))
}

func (p *Process) dictClear() {
	done := p.World.Call(p.ID, "clear")
	done(code(p.Dict.Clear(background)))
}

// dictModel's state has four bits for each key: its value, or 0 where there is none.
func dictModel(first ...int64) Model {
	start := uint64(0)
	for _, k := range first {
		start |= 1 << (4 * uint(k))
	}
	return Model{Step: func(state uint64, op Op) (uint64, bool) {
		state ^= start // so that 0 is how it begins
		at := 4 * uint(op.Args[0])
		have := int64(state >> at & 15)
		with := func(v int64) uint64 { return (state&^(15<<at) | uint64(v)<<at) ^ start }
		switch op.Name {
		case "set":
			return with(op.Args[1]), !op.Returned || op.Result[0] == codeOK
		case "get":
			want := int64(codeOK)
			if have == 0 {
				want = codeNotFound
			}
			return state ^ start, !op.Returned || op.Result == [2]int64{want, have}
		case "remove":
			want := int64(codeOK)
			if have == 0 {
				want = codeNotFound
			}
			return with(0), !op.Returned || op.Result[0] == want
		case "add":
			return with(have + op.Args[1]), !op.Returned || op.Result == [2]int64{codeOK, have + op.Args[1]}
		case "len":
			n := int64(0)
			for rest := state; rest != 0; rest >>= 4 {
				if rest&15 != 0 {
					n++
				}
			}
			return state ^ start, !op.Returned || op.Result == [2]int64{codeOK, n}
		case "clear":
			return start, !op.Returned || op.Result[0] == codeOK
		}
		return state ^ start, op.Name == Crash
	}}
}

// dictMeets is so if a scan meets these keys, and none twice.
func dictMeets(keys ...int64) func(w *World) error {
	return func(w *World) error {
		for id, p := range w.Processes {
			if w.Dead[id] {
				continue
			}
			met := make(map[string]int)
			for cursor, more := uint64(0), true; more; more = cursor != 0 {
				some, next, err := p.Dict.Scan(background, cursor)
				if err != nil {
					return err
				}
				for _, one := range some {
					met[string(one.Key)]++
				}
				cursor = next
			}
			for _, key := range keys {
				if met[string(dictKey(key))] != 1 {
					return fmt.Errorf("process %d meets key %d %d times", id, key, met[string(dictKey(key))])
				}
			}
		}
		return nil
	}
}

func dictCases() []Case {
	shape := Shape{Objects: 1, Annexes: 2, Chunks: 10, ChunkSize: 1024}
	get := func(k int64) func(*World, *Process) { return func(_ *World, p *Process) { p.dictGet(k) } }
	set := func(k, v int64) func(*World, *Process) { return func(_ *World, p *Process) { p.dictSet(k, v) } }
	crowd := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	return []Case{{
		Name: "dict: a key is set, deleted and read", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(1), Model: dictModel(1),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 2},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			p.dictSet(1, 2)
			p.dictDelete(1)
		}}, {1, func(_ *World, p *Process) {
			p.dictGet(1)
			p.dictSet(1, 3)
			p.dictGet(1)
		}}, sweeper(2)},
	}, {
		Name: "dict: who reads does not wait for who is stopped", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(1, 2), Model: dictModel(1, 2),
		Bounds: Bounds{Preemptions: 1, Stops: 1},
		Deep:   Bounds{Preemptions: 2, Kills: 1, Stops: 1},
		Threads: []Thread{{0, set(1, 2)}, {1, func(_ *World, p *Process) {
			p.dictGet(1)
			p.dictGet(2)
			p.dictLen()
		}}},
	}, {
		Name: "dict: additions are exact", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(1), Model: dictModel(1),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) { p.dictAdd(1, 1) }}, {1, func(_ *World, p *Process) {
			p.dictAdd(1, 2)
			p.dictGet(1)
		}}},
	}, {
		Name: "dict: a bucket more while one reads", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(crowd...), Model: dictModel(crowd...), After: dictMeets(crowd[3:]...),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			p.dictSet(10, 2)
			p.dictSet(11, 2)
		}}, {1, func(_ *World, p *Process) {
			for _, k := range crowd {
				p.dictGet(k)
			}
		}}},
	}, {
		Name: "dict: large entries are replaced while they are read", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(largeKey), Model: dictModel(largeKey),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, get(largeKey)}, {1, func(_ *World, p *Process) {
			p.dictSet(largeKey, 2)
			p.dictSet(largeKey, 3)
		}}},
	}, {
		Name: "dict: counted while entries come and go", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(1), Model: dictModel(1),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) {
			for k := int64(2); k < 5; k++ {
				p.dictSet(k, 1)
				p.dictDelete(k - 1)
			}
		}}, {1, func(_ *World, p *Process) { p.dictLen() }}},
	}, {
		Name: "dict: cleared while it is changed and read", Objects: []string{"Dict"},
		Spaces: shape, Setup: aDict(1, largeKey), Model: dictModel(1, largeKey),
		Bounds: Bounds{Preemptions: 2, Kills: 1},
		Deep:   Bounds{Preemptions: 3, Kills: 1},
		Threads: []Thread{{0, func(_ *World, p *Process) { p.dictClear() }}, {1, func(_ *World, p *Process) {
			p.dictGet(largeKey)
			p.dictSet(1, 2)
			p.dictLen()
		}}},
	}}
}
