package shm

import (
	"fmt"
	"os"
	"sync"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// family is the space that this process shares with those it descends from and
// those that descend from it.
var family struct {
	sync.Mutex
	space *Space
}

// Family returns the family's space: the one that JoinFamily was called for, or a
// new one where this process is the first of its family.
func Family() (*Space, error) {
	family.Lock()
	defer family.Unlock()
	if family.space == nil {
		s, err := newFamily()
		if err != nil {
			return nil, err
		}
		family.space = s
	}
	return family.space, nil
}

func newFamily() (*Space, error) {
	boot, err := arena.BootID()
	if err != nil {
		return nil, err
	}
	a, err := arena.Memory(arena.DefaultSize())
	if err != nil {
		return nil, err
	}
	if err := Format(a, newSeed(), boot); err != nil {
		_ = a.Close()
		return nil, err
	}
	return attachProcess(a, boot, "")
}

// attachProcess makes this process an owner in the space that a is.
func attachProcess(a *arena.Arena, boot [2]uint64, name string) (*Space, error) {
	s, err := Attach(a, boot)
	if err != nil {
		_ = a.Close()
		return nil, err
	}
	s.begin(name)
	return s, nil
}

// begin makes the process known to the others, and has it watch one of them.
func (s *Space) begin(name string) {
	s.name = name
	pid := os.Getpid()
	s.introduce(pid, arena.StartTime(pid))
	go s.watch()
}

// An Invitation is a slot for a child, kept by a descriptor that the child is to
// inherit: from Invite on there is no moment at which the slot looks dead.
type Invitation struct {
	File *os.File // the child gets it, and the parent closes it after the start
	Slot int

	space *Space
	owner owner
}

// Invite takes a slot for a child that is about to be started.
func (s *Space) Invite() (*Invitation, error) {
	opening, err := s.a.Reopen()
	if err != nil {
		return nil, err
	}
	o, _, err := s.claimSlot(opening)
	if err != nil {
		opening.Close()
		return nil, err
	}
	return &Invitation{File: opening.File, Slot: o.slot(), space: s, owner: o}, nil
}

// Started notes the child's process ID, by which its death is noticed even before
// it has joined.
func (i *Invitation) Started(pid int) {
	if i.space.holder(i.Slot) == i.owner {
		i.space.a.CompareAndSwap(i.space.slot(i.Slot)+slotPID, 0, uint64(pid))
	}
}

// Ended sweeps what the child has left, if it is dead. Call it once the child has
// ended, or where it could not be started and File is closed.
func (i *Invitation) Ended() { i.space.bury(i.owner) }

// JoinFamily makes this process the owner of the slot that its parent took for
// it, and the family's space the one that Family returns.
func JoinFamily(f *os.File, slot int) error {
	boot, err := arena.BootID()
	if err != nil {
		f.Close()
		return err
	}
	a, err := arena.FromFile(f)
	if err != nil {
		return err
	}
	s, err := newSpace(a, boot)
	if err == nil && (slot < 1 || slot >= int(s.slots) || s.holder(slot) == 0) {
		err = fmt.Errorf("slot %d is nobody's", slot)
	}
	if err != nil {
		_ = a.Close()
		return fmt.Errorf("join the family's space: %w", err)
	}
	s.me = s.holder(slot)
	s.begin("")
	family.Lock()
	defer family.Unlock()
	family.space = s
	return nil
}
