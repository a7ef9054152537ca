//go:build explore

package explore

// A line is the state of the model of a queue: its elements in the order of their
// coming, those on loan too, and what else matters.
//
//	bits 0-53   six elements of 9 bits: name:3 | who has it on loan, its number + 1:3 | how often it was lent:3
//	bit  54     shut
//	bits 55-56  it is being deleted, deleted
//	bits 57-60  which processes are dead
type line uint64

const (
	lineElements      = 6
	lineBits          = 9
	lineShut     line = 1 << 54
	lineGoing    line = 1 << 55
	lineGone     line = 1 << 56
	lineDead     line = 1 << 57
	lineClose         = 61
)

// An element of a line.
type element struct{ name, borrower, attempts int64 }

func (l line) at(i int) element {
	bits := int64(l >> (lineBits * i) & (1<<lineBits - 1))
	return element{bits & 7, bits >> 3 & 7, bits >> 6}
}

func (l line) with(i int, e element) line {
	bits := line(e.name | e.borrower<<3 | e.attempts<<6)
	return l&^((1<<lineBits-1)<<(lineBits*i)) | bits<<(lineBits*i)
}

func (l line) length() (n int) {
	for n < lineElements && l.at(n).name != 0 {
		n++
	}
	return n
}

// without is the line once the i'th element is over with.
func (l line) without(i int) line {
	for ; i < lineElements-1; i++ {
		l = l.with(i, l.at(i+1))
	}
	return l.with(i, element{})
}

// find returns the place of the first element for which is is true; false if there is none.
func (l line) find(is func(element) bool) (i int, found bool) {
	for i := range l.length() {
		if is(l.at(i)) {
			return i, true
		}
	}
	return 0, false
}

func (l line) first() (i int, found bool) {
	return l.find(func(e element) bool { return e.borrower == 0 })
}

// comesBack is the line when process has nothing on loan any more.
func (l line) comesBack(process int) line {
	for i := range l.length() {
		if e := l.at(i); e.borrower == int64(process)+1 {
			e.borrower = 0
			l = l.with(i, e)
		}
	}
	return l
}

// codeDone is ErrDone, as a history has it.
const codeDone = 100

// queueModel is of a queue of that capacity. The second result of get and receive says
// which element it is, and how often it was lent: see lent. That of a try in vain is 1 if
// no other call was under way; that of codeClosed is 1 if its process closes the space.
func queueModel(capacity int) Model {
	return Model{Steps: func(state uint64, op Op) (next []uint64) {
		for _, l := range line(state).steps(op, capacity) {
			next = append(next, uint64(l))
		}
		return next
	}}
}

func (l line) steps(op Op, capacity int) []line {
	switch op.Name {
	case Crash:
		return []line{l.comesBack(op.Process) | lineDead<<op.Process}
	case "closing":
		return []line{l}
	case "deleting":
		return []line{l | lineGoing}
	case "delete":
		return []line{l | lineGone}
	}
	ownClosed := op.Returned && op.Result == [2]int64{codeClosed, 1}
	if l&(lineDead<<op.Process) != 0 {
		return l.if_(ownClosed)
	}
	if !op.Returned {
		return l.may(op, capacity)
	}
	switch op.Result[0] {
	case codeOK:
		if l&lineGone != 0 {
			return nil
		}
		return l.may(op, capacity)
	case codeCanceled:
		return []line{l}
	case codeClosed:
		switch {
		case ownClosed: // as if it had died then
			return append(l.may(op, capacity), l)
		case l&(lineGoing|lineGone) != 0:
			return []line{l}
		}
		return l.if_(l&lineShut != 0 && (op.Name == "put" || op.Name == "tryput"))
	case codeDone:
		return l.if_(l&lineShut != 0 && l.length() == 0)
	case codeFull:
		return l.if_(l.length() >= capacity || op.Result[1] == 0)
	case codeEmpty:
		_, some := l.first()
		return l.if_(!some || op.Result[1] == 0)
	case codeNotHeld:
		_, mine := l.loanOf(op)
		return l.if_(!mine)
	}
	return nil
}

// if_ is the line if ok, else none.
func (l line) if_(ok bool) []line {
	if ok {
		return []line{l}
	}
	return nil
}

// loanOf returns the place of the element that op is to give back.
func (l line) loanOf(op Op) (i int, mine bool) {
	return l.find(func(e element) bool {
		return e == element{op.Args[0], int64(op.Process) + 1, op.Args[1]}
	})
}

// may is what comes of op if it has, or had, its effect.
func (l line) may(op Op, capacity int) []line {
	switch op.Name {
	case "put", "tryput":
		n := l.length()
		if n >= capacity || l&lineShut != 0 {
			return nil
		}
		return []line{l.with(n, element{name: op.Args[0]})}
	case "get", "tryget":
		i, some := l.first()
		if !some || op.Returned && op.Result[0] == codeOK && op.Result[1] != l.at(i).name {
			return nil
		}
		return []line{l.without(i)}
	case "receive", "tryreceive":
		i, some := l.first()
		if !some {
			return nil
		}
		e := l.at(i)
		e.borrower, e.attempts = int64(op.Process)+1, e.attempts+1
		if op.Returned && op.Result[0] == codeOK && op.Result[1] != lent(e.name, e.attempts) {
			return nil
		}
		return []line{l.with(i, e)}
	case "ack", "nak":
		i, mine := l.loanOf(op)
		switch {
		case !mine:
			return nil
		case op.Name == "ack":
			return []line{l.without(i)}
		}
		e := l.at(i)
		e.borrower = 0
		return []line{l.with(i, e)}
	case "shut":
		return []line{l | lineShut}
	case "join":
		return l.if_(l.length() == 0)
	}
	return nil
}

// lent is an element and how often it was lent, as a history has it.
func lent(name, attempts int64) int64 { return name | attempts<<8 }

// waits reports whether who has called op is right to wait in this state.
func (l line) waits(op Op, capacity int) bool {
	switch op.Name {
	case "put":
		return l.length() >= capacity && l&lineShut == 0
	case "get", "receive":
		_, some := l.first()
		return !some && (l&lineShut == 0 || l.length() > 0)
	case "join":
		return l.length() > 0
	}
	return false
}
