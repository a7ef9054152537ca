//go:build explore

package explore

import "fmt"

// A History is which calls were made and what they returned, in order.
type History struct {
	ops   []Op
	clock int
	noted func(uint64)
}

// An Op is one call. One that never returned may have had its effect or not.
type Op struct {
	Process  int
	Name     string
	Args     [2]int64
	Result   [2]int64
	Returned bool

	called, returned int
}

// Crash is the name of the operation that a process's death is.
const Crash = "crash"

// Call notes that process calls something. The caller fills in what the operation
// has returned, by the function that Call returns.
func (w *World) Call(process int, name string, args ...int64) (done func(result ...int64)) {
	h := &w.history
	i := h.begin(process, name, args...)
	return func(result ...int64) {
		copy(h.ops[i].Result[:], result)
		h.ops[i].Returned = true
		h.ops[i].returned = h.tick(uint64(i)<<8 | 255)
	}
}

func (h *History) begin(process int, name string, args ...int64) int {
	op := Op{Process: process, Name: name, called: h.tick(uint64(process))}
	copy(op.Args[:], args)
	h.ops = append(h.ops, op)
	return len(h.ops) - 1
}

func (h *History) tick(what uint64) int {
	h.noted(what + 1<<32)
	h.clock++
	return h.clock
}

// crash notes the death of process. Its effect comes when somebody sees to it.
func (h *History) crash(process int) { h.begin(process, Crash) }

// A Model says what an object may do. Step applies an operation: it returns the
// state after it, and whether it can have had its result there. State is whatever
// the model makes of it; 0 at first. Where more than one state may come after an
// operation, Steps returns them all and stands in Step's place.
type Model struct {
	Step  func(state uint64, op Op) (next uint64, ok bool)
	Steps func(state uint64, op Op) []uint64
}

func (m *Model) next(state uint64, op Op) []uint64 {
	if m.Steps != nil {
		return m.Steps(state, op)
	}
	if next, ok := m.Step(state, op); ok {
		return []uint64{next}
	}
	return nil
}

// check returns an error unless the model explains the history.
func (h *History) check(m Model) error {
	if !h.explained(m, func(uint64) bool { return true }) {
		return fmt.Errorf("no order of the calls explains their results: %s", h)
	}
	return nil
}

// explained looks for an order of the operations, each between its call and its
// return, that the model allows and that ends as it should (Wing and Gong's search,
// with a memory).
func (h *History) explained(m Model, ends func(state uint64) bool) bool {
	type place struct {
		done  uint64
		state uint64
	}
	failed := make(map[place]bool)
	var search func(done, state uint64) bool
	search = func(done, state uint64) bool {
		if failed[place{done, state}] {
			return false
		}
		deadline, open := h.earliestReturn(done)
		if !open && ends(state) {
			return true // all that returned have had their effect
		}
		for i, op := range h.ops {
			if done>>i&1 == 1 || open && op.called > deadline {
				continue
			}
			for _, next := range m.next(state, op) {
				if search(done|1<<i, next) {
					return true
				}
			}
		}
		failed[place{done, state}] = true
		return false
	}
	return search(0, 0)
}

// earliestReturn is when the first of those not done returned: what was called
// after that comes after it.
func (h *History) earliestReturn(done uint64) (at int, open bool) {
	for i, op := range h.ops {
		if done>>i&1 == 0 && op.Returned && (!open || op.returned < at) {
			at, open = op.returned, true
		}
	}
	return at, open
}

func (h *History) String() (text string) {
	for _, op := range h.ops {
		text += fmt.Sprintf("\n\t%3d-%3d process %d: %s%v = %v", op.called, op.returned, op.Process, op.Name, op.Args, op.Result)
	}
	return text
}
