//go:build explore

package explore

func (p *Process) number(name string, arg, arg2 int64) {
	done := p.World.Call(p.ID, name, arg, arg2)
	switch name {
	case "add":
		v, err := p.Int64.Add(background, arg)
		done(code(err), v)
	case "load":
		v, err := p.Int64.Load(background)
		done(code(err), v)
	case "store":
		done(code(p.Int64.Store(background, arg)))
	case "swap":
		swapped, err := p.Int64.CompareAndSwap(background, arg, arg2)
		v := int64(0)
		if swapped {
			v = 1
		}
		done(code(err), v)
	}
}

// int64Model's state is the number.
var int64Model = Model{Step: func(state uint64, op Op) (uint64, bool) {
	switch next := state + uint64(op.Args[0]); op.Name {
	case "add":
		return next, !op.Returned || int64(next) == op.Result[1]
	case "load":
		return state, !op.Returned || int64(state) == op.Result[1]
	case "store":
		return uint64(op.Args[0]), true
	case "swap":
		if int64(state) != op.Args[0] {
			return state, !op.Returned || op.Result[1] == 0
		}
		return uint64(op.Args[1]), !op.Returned || op.Result[1] == 1
	}
	return state, op.Name == Crash
}}

func int64Cases() []Case {
	return []Case{{
		Name: "int64: all that can be done to one", Objects: []string{"Int64"},
		Spaces: Shape{Objects: 1}, Setup: openInt64s, Model: int64Model,
		Bounds: Bounds{Preemptions: 4, Kills: 1},
		Deep:   Bounds{Preemptions: 8, Kills: 2, Stops: 1},
		Threads: []Thread{{0, func(w *World, p *Process) {
			p.number("add", 1, 0)
			p.number("load", 0, 0)
		}}, {1, func(w *World, p *Process) {
			p.number("add", 2, 0)
			p.number("swap", 3, 7)
		}}, {2, func(w *World, p *Process) {
			p.number("store", 5, 0)
			p.number("swap", 5, 9)
		}}},
	}}
}
