package shm

import (
	"cmp"
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Barrier is one word, entBarrier:
//
//	bit  0      somebody sleeps
//	bit  1      deleted
//	bit  2      broken
//	bit  3      being reset
//	bits 4-31   round, one more each time that all have arrived, and at each reset
//	bits 32-51  how many have arrived in this round
//	bits 52-63  the end of the object's serial: a sweeper that comes so late that
//	            the entry is another barrier finds no word that it knows
//
// {round: r, arrived: k} -> {r, k+1} and, by the last, -> {r+1, 0}, which is what
// the others wait for. {r, k} -> {r, k, broken} by who gives up, by Abort, and by
// the sweep of one who died in the round. {r, k} -> {r, k, being reset} -> {r+1, 0}.
//
// Each who waits has a cell, an attachment of its own whose word 1 is
//
//	bits 0-1  in, or out: a reset has turned it away
//	above     the round, as in the barrier's word
//
// It says so before it is counted, so that the sweep finds all whom the dead have
// left in the count. It is given back when its round is over or broken, and no round
// comes again before 2^28 others; so what it still says then means nothing.
type Barrier struct {
	*Object
	word    arena.Word
	parties uint64
}

const (
	barrierSleepers = 1 << 0
	barrierDeleted  = 1 << 1
	barrierBroken   = 1 << 2
	barrierReset    = 1 << 3
	barrierRound    = 1 << 4 // one of them
	barrierArrived  = 1 << 32
	barrierTag      = 1 << 52

	barrierFlags = barrierRound - 1

	// maxParties is more than any space has attachments for.
	maxParties = barrierTag/barrierArrived - 1
)

const (
	cellRound = 8 // of a cell: its word 1

	cellIn  = 1
	cellOut = 2
)

func init() {
	kinds[BarrierKind] = kindOf{
		name: "barrier", config: [2]string{"parties"}, sleeps: entBarrier, wakes: everyone, patience: barrierPatience,
		recover: recoverBarrier, doom: doomBarrier, check: checkBarrier,
	}
}

// OpenBarrier attaches to a barrier, or makes it. One that is opened by its ID has
// the parties that it has.
func (s *Space) OpenBarrier(ctx context.Context, which driver.Which, parties int) (driver.Barrier, error) {
	if which.ID == 0 && (parties < 1 || parties > maxParties) {
		return nil, fmt.Errorf("%w: %d parties, where 1 to %d can be", driver.ErrRange, parties, maxParties)
	}
	o, err := s.openWhich(ctx, which, Spec{Kind: BarrierKind, Config: [2]uint64{uint64(parties)}})
	if err != nil {
		return nil, err
	}
	b := &Barrier{o, s.a.Word(o.at + entBarrier), o.spec.Config[0]}
	b.clearCell(o.attach) // which may have been somebody's cell
	if broken != barrierUntagged {
		b.word.CompareAndSwap(0, serial(o.meta)<<52)
	}
	return b, nil
}

// roundOf is which round the word tells of: of which barrier, too.
func roundOf(word uint64) uint64 { return word &^ (barrierTag - barrierArrived) &^ barrierFlags }

func arrivedIn(word uint64) uint64 { return word % barrierTag / barrierArrived }

// nextRound is the word's next round, with nobody in it.
func nextRound(word uint64) uint64 {
	return word&^(barrierTag-1) | uint64(uint32(word)&^barrierFlags+barrierRound) | word&barrierDeleted
}

// A place is one that a goroutine has in a round.
type place struct {
	round uint64
	index int
	cell  uint64 // 0: it came last, and the round is over
}

// Wait waits until all parties do, and returns how many came before.
func (b *Barrier) Wait(ctx context.Context) (index int, err error) {
	b.race.release()
	mine, err := b.arrive()
	if err == nil && mine.cell != 0 {
		err = b.stay(ctx, mine)
	}
	if err != nil {
		return 0, err
	}
	b.race.acquire()
	return mine.index, nil
}

// arrive counts the caller in.
func (b *Barrier) arrive() (mine place, err error) {
	if !b.s.begins() {
		return mine, driver.ErrClosed
	}
	defer b.s.ends()
	for {
		word, err := b.current()
		if err == nil && word&barrierBroken != 0 {
			err = driver.ErrBroken
		}
		last := arrivedIn(word)+1 == b.parties
		if err == nil && !last && mine.cell == 0 {
			mine.cell, err = b.newCell()
		}
		if err != nil {
			b.clearCell(mine.cell)
			b.giveCellBack(mine)
			return mine, err
		}
		mine.round, mine.index = roundOf(word), int(arrivedIn(word))
		if last && b.word.CompareAndSwap(word, nextRound(word)) {
			b.wakeFrom(word)
			b.giveCellBack(mine)
			mine.cell = 0
			return mine, nil
		}
		if !last && b.countIn(mine, word) {
			return mine, nil
		}
	}
}

// countIn makes the cell say where its owner is, and counts it there.
func (b *Barrier) countIn(mine place, word uint64) bool {
	if broken == barrierCountsFirst {
		counted := b.word.CompareAndSwap(word, word+barrierArrived)
		b.s.a.Store(mine.cell+cellRound, mine.round|cellIn)
		return counted
	}
	b.s.a.Store(mine.cell+cellRound, mine.round|cellIn)
	return b.word.CompareAndSwap(word, word+barrierArrived)
}

func (b *Barrier) newCell() (uint64, error) {
	cell, err := b.s.attach(b.i, b.meta)
	return cell, asClosed(err)
}

// clearCell takes back what a cell says: a later owner's death would break the round.
// Who has been counted need not, since its round is over or broken by then.
func (b *Barrier) clearCell(cell uint64) {
	if cell != 0 {
		b.s.a.Store(cell+cellRound, 0)
	}
}

func (b *Barrier) giveCellBack(mine place) {
	if mine.cell != 0 {
		b.s.detach(mine.cell, b.s.me)
	}
}

// stay waits in a round until it is over. The goroutines of a process may wait for
// different rounds, where they are more than the parties.
func (b *Barrier) stay(ctx context.Context, mine place) error {
	err := b.waitAlone(ctx, on(b.at+entBarrier, func(sleepNext bool) (uint32, bool, error) {
		for {
			word, done, err := b.look(mine)
			if done || err != nil || !sleepNext {
				return 0, done, err
			}
			b.watchOthers()
			if word&barrierSleepers != 0 || b.word.CompareAndSwap(word, word|barrierSleepers) {
				return uint32(word | barrierSleepers), false, nil
			}
		}
	}))
	if err != nil {
		err = b.giveUp(mine, err)
	}
	if b.s.closed.Load() && err != nil && broken != barrierLeavesNoTrace {
		return driver.ErrClosed // our cell tells Close, which breaks the barrier, that we were here
	}
	b.giveCellBack(mine)
	return err
}

// look reports whether the round is over, or why it never will be.
func (b *Barrier) look(mine place) (word uint64, done bool, err error) {
	for {
		word = b.word.Load()
		out := b.s.a.Load(mine.cell+cellRound) == mine.round|cellOut
		switch {
		case b.s.closed.Load(): // and so neither word need have been ours
			return word, false, driver.ErrClosed
		case roundOf(word) != mine.round && out:
			return word, false, driver.ErrBroken
		case roundOf(word) != mine.round:
			return word, true, nil
		case word&barrierReset != 0:
			b.finishReset(word)
		case word&barrierDeleted != 0:
			return word, false, driver.ErrClosed
		case word&barrierBroken != 0:
			return word, false, driver.ErrBroken
		default:
			return word, false, nil
		}
	}
}

// giveUp breaks the barrier for why, unless the round has come to an end.
func (b *Barrier) giveUp(mine place, why error) error {
	for {
		word, done, err := b.look(mine)
		if done || err != nil {
			return err
		}
		if b.breakFrom(word) {
			return why
		}
	}
}

// watchOthers has the death of whoever is attached noticed at once. In a large
// company each process watches one other, the next in the ring of their slots:
// all would trample on one another at each end of a process.
func (b *Barrier) watchOthers() {
	if b.watchCompany() || b.s.a.Hooked() {
		return
	}
	var next, first owner
	for at := range b.s.attachments(b.i, b.meta) {
		other := ownerOf(b.s.a.Load(at))
		if other > b.s.me && (next == 0 || other < next) {
			next = other
		}
		if other != 0 && (first == 0 || other < first) {
			first = other
		}
	}
	b.s.watchFor(cmp.Or(next, first))
}
