//go:build explore

package shm

import (
	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// What the explorer needs to see of a space, and no program.

// FormatSmall makes a space of a with room for so many of each.
func FormatSmall(a *arena.Arena, slots, cells, objects, annexes uint64) error {
	l := layout{size: a.Size(), slots: slots, cells: cells, objects: objects, annexes: annexes}
	l.place()
	return format(a, l, 1, [2]uint64{})
}

// Bury sweeps what the dead have left.
func (s *Space) Bury() { s.buryAll() }

// Holds reports whether this process holds the lock.
func (s *Space) Holds(m driver.Mutex) bool {
	return ownerOf(s.a.Peek(m.(*Mutex).at+entLock)) == s.me
}

// LetGo gives up this process's hold of an object.
func (s *Space) LetGo(o driver.Object) {
	switch o := o.(type) {
	case *Mutex:
		o.LetGo()
	case *Event:
		o.LetGo()
	case *Int64:
		o.LetGo()
	}
}

// Touch is an access with no meaning, for a scheduler to come between.
func (s *Space) Touch() { s.a.Load(hdrMagic) }
