package shm

// An owner is one process's use of the space: the slot that it has, and how
// often the slot had been given away before. No two uses have the same owner,
// and what names one can be told from what names the next.
//
//	bits 0-19   incarnation
//	bits 20-31  slot, from 1
//
// The zero owner is nobody. Every word that says who holds something has the
// owner in its high half.
type owner uint32

const incarnations = 1 << 20

func makeOwner(slot int, incarnation uint64) owner {
	return owner(uint64(slot)<<20 | incarnation%incarnations)
}

func ownerOf(word uint64) owner { return owner(word >> 32) }

func (o owner) high() uint64        { return uint64(o) << 32 }
func (o owner) slot() int           { return int(o >> 20) }
func (o owner) incarnation() uint64 { return uint64(o) % incarnations }
