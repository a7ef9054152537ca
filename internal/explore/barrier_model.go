//go:build explore

package explore

import "fmt"

// A Wait at a barrier is two operations of a history, since it cannot be one moment:
// the parties of a round all wait at once. It arrives, and it leaves. Which Wait it
// is, is its place: three for each process.
const (
	placesEach = 3
	placeBits  = 3
)

// Where a Wait is.
const (
	outside = iota
	inRound
	passed
	turnedAway
	gone
)

// A meeting is the state of the model of a barrier:
//
//	bits 0-3 how many have arrived, bit 4 broken, bit 5 deleted, bits 6-7 which
//	process closes its space + 1, then places
type meeting uint64

const (
	meetingArrived = 15
	meetingBroken  = 1 << 4
	meetingDeleted = 1 << 5
	meetingClosing = 1 << 6
	meetingPlaces  = 8
)

func (m meeting) arrived() int { return int(m & meetingArrived) }

func (m meeting) at(place int64) uint64 {
	return uint64(m) >> (meetingPlaces + placeBits*place) % (1 << placeBits)
}

func (m meeting) with(place int64, where uint64) meeting {
	shift := meetingPlaces + placeBits*place
	return m&^((1<<placeBits-1)<<shift) | meeting(where<<shift)
}

// over is the meeting when a round has ended: for those in it as where says.
func (m meeting) over(where uint64) meeting {
	for place := range int64((64 - meetingPlaces) / placeBits) {
		if m.at(place) == inRound {
			m = m.with(place, where)
		}
	}
	return m &^ meetingArrived
}

// without is the meeting when process is out of it, and whether it was in the round.
func (m meeting) without(process int) (left meeting, waited bool) {
	for k := range int64(placesEach) {
		place := int64(process)*placesEach + k
		waited = waited || m.at(place) == inRound
		m = m.with(place, gone)
	}
	return m, waited
}

// barrierModel is of a barrier of so many parties.
func barrierModel(parties int) Model {
	return Model{Step: func(state uint64, op Op) (uint64, bool) {
		next, ok := meeting(state).step(op, parties)
		return uint64(next), ok
	}}
}

func (m meeting) step(op Op, parties int) (next meeting, ok bool) {
	place, result := op.Args[0], op.Result[0]
	broken, deleted := m&meetingBroken != 0, m&meetingDeleted != 0
	switch op.Name {
	case "arrive":
		if m.at(place) != outside || broken || deleted || op.Returned && op.Result[1] != int64(m.arrived()) {
			return m, false
		}
		if m = m.with(place, inRound) + 1; m.arrived() == parties {
			m = m.over(passed)
		}
		return m, true
	case "leave":
		return m.leave(op, place, result)
	case Crash, "close":
		left, waited := m.without(op.Process)
		if waited {
			left = left.over(turnedAway) | meetingBroken
		}
		return left, true
	case "sweep": // whoever was dead before it is out of it
		for process := range 8 {
			if op.Args[0]>>process&1 == 1 {
				left, waited := m.without(process)
				if waited && op.Returned {
					return m, false
				}
				m = left
			}
		}
		return m, true
	case "delete":
		return m | meetingDeleted, true
	case "closing":
		return m | meeting(op.Process+1)*meetingClosing, true
	}
	if op.Returned && result == codeClosed {
		return m, deleted
	}
	switch op.Name {
	case "abort":
		return m.over(turnedAway) | meetingBroken, true
	case "reset":
		return m.over(turnedAway) &^ meetingBroken, true
	}
	panic(fmt.Sprintf("no operation of a barrier: %q", op.Name))
}

func (m meeting) leave(op Op, place, result int64) (next meeting, ok bool) {
	where, left := m.at(place), m.with(place, gone)
	if !op.Returned { // one whose context has ended may have given up
		return left.over(turnedAway) | meetingBroken, op.Args[1] == 1 && where == inRound
	}
	switch result {
	case codeOK:
		return left, where == passed
	case codeBroken:
		return left, where == turnedAway || where == outside && m&meetingBroken != 0
	case codeCanceled:
		return left.over(turnedAway) | meetingBroken, where == inRound
	case codeClosed: // as for a dead one, its place is given up by the end of Close
		closing := int(m/meetingClosing%4) == op.Process+1
		return m, closing || m&meetingDeleted != 0
	}
	return m, false
}
