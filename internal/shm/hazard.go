package shm

import (
	"errors"
	"math/bits"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Blocks that some read while others replace them.
//
// Words of an object name blocks of the heap, which nobody changes once they are
// named. Who reads one writes its name into a hazard cell, a word of its own, and
// looks whether the word names it still: if so, the block stays as it is until the
// cell is cleared. Who replaces one retires it before: retire.go has that side.
//
//	reader   cell = b; word == b? read; cell = 0
//	writer   retired = b; word: b -> c; does a cell name b? free b; retired = 0
//
// Of a reader that sees b in the word after it has written its cell, and a writer that
// looks at the cells after it has taken b out, one sees the other. A word never
// names again what it has named before: names have generations. So a block that no
// word and no cell names is nobody's for good.
//
// Cells are words 1 to 7 of the attachments that have an owner, and go with it: what
// the dead were reading is protected no more once they are swept. A reader that is
// stopped keeps one block.
const attachWords = attachSize/8 - 1

// share is word k, from 1 on, of an attachment.
func share(attachment uint64, k int) uint64 { return attachment + 8*uint64(k) }

// clearShares makes an attachment of ours ready for cells: what stands there is a
// former owner's.
func (s *Space) clearShares(attachment uint64) {
	for k := 1; k <= attachWords; k++ {
		s.a.Store(share(attachment, k), 0)
	}
}

// A cell is a hazard cell that a goroutine has for itself: one of its process's own
// attachment, or one of an attachment that it has taken because those were in use.
type cell struct{ at, attachment uint64 }

// beginReading begins what reads through a hazard cell, and ends with endReading. Close
// waits for it.
func (o *Object) beginReading() (c cell, err error) {
	if !o.s.begins() {
		return c, driver.ErrClosed
	}
	if err = o.gone(); err == nil {
		c, err = o.takeCell()
	}
	if err != nil {
		o.s.ends()
	}
	return c, err
}

func (o *Object) endReading(c cell) {
	o.giveCell(c)
	o.s.ends()
}

// takeCell never waits for other readers, unless the space is so full that it has no
// room for one more attachment.
func (o *Object) takeCell() (cell, error) {
	if c, ok := o.ownCell(); ok {
		return c, nil
	}
	return o.furtherCell()
}

func (o *Object) ownCell() (c cell, ok bool) {
	for {
		busy := o.busyCells.Load()
		k := bits.TrailingZeros32(^busy)
		if k >= attachWords {
			return c, false
		}
		if o.busyCells.CompareAndSwap(busy, busy|1<<k) {
			return cell{at: share(o.attach, k+1)}, true
		}
	}
}

func (o *Object) furtherCell() (c cell, err error) {
	attachment, err := o.s.attach(o.i, o.meta)
	switch {
	case errors.Is(err, driver.ErrNoSpace):
		o.s.a.Until(func() (free bool) {
			c, free = o.ownCell()
			return free
		})
		return c, nil
	case err != nil:
		return c, asClosed(err)
	}
	o.s.clearShares(attachment)
	return cell{share(attachment, 1), attachment}, nil
}

// giveCell clears a cell and gives it back.
func (o *Object) giveCell(c cell) {
	if broken != keepCell {
		o.s.a.Store(c.at, 0)
	}
	if c.attachment != 0 {
		o.s.detach(c.attachment, o.s.me)
		return
	}
	o.busyCells.And(^uint32(1 << ((c.at-o.attach)/8 - 1)))
}

// protect returns the word at off. The block that it names is not freed before the cell
// is given back.
func (o *Object) protect(c cell, off uint64) (word uint64) {
	word = o.s.a.Load(off)
	for {
		o.s.a.Store(c.at, word&blockMask) // seen by collect, or else its writer's change is seen here:
		again := o.s.a.Load(off)
		if again == word || broken == protectBlindly {
			return word
		}
		word = again
	}
}
