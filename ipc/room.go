package ipc

import "sync"

// A room is memory to encode elements into, or to decode them from.
type room struct{ bytes []byte }

var rooms = sync.Pool{New: func() any { return new(room) }}

// largestRoom is how many bytes a room may have that waits for its next use.
const largestRoom = 1 << 20

func takeRoom() *room { return rooms.Get().(*room) }

func (r *room) giveBack() {
	if cap(r.bytes) > largestRoom {
		r.bytes = nil
	}
	rooms.Put(r)
}
