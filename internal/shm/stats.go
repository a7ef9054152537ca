package shm

import (
	"context"
	"time"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Stats pictures the space: each object as it was at one moment, not all at the
// same.
func (s *Space) Stats(ctx context.Context) (driver.Stats, error) {
	if err := s.enterTable(ctx.Done()); err != nil {
		return driver.Stats{}, orCause(ctx, err)
	}
	defer s.table.Leave()
	s.buryAll()
	stats := driver.Stats{Max: int64(s.size), Used: int64(s.usedBytes())}
	processes := make(map[owner]*driver.ProcessStat)
	for o := range s.owners {
		processes[o] = &driver.ProcessStat{
			PID:  s.pid(o),
			Name: s.loadText(s.slot(o.slot())+slotName, maxSlotName),
		}
	}
	t := s.objectTable()
	for i := range s.used(&t) {
		if one, ok := s.objectStat(i, processes); ok {
			stats.Objects = append(stats.Objects, one)
		}
	}
	for o := range s.owners {
		if p := processes[o]; p != nil {
			stats.Processes = append(stats.Processes, *p)
		}
	}
	return stats, nil
}

func (s *Space) objectStat(i int, processes map[owner]*driver.ProcessStat) (one driver.ObjectStat, ok bool) {
	at := s.object(i)
	meta := s.a.Load(at)
	kind := Kind(s.a.Load(at + entKind))
	if state(meta) != stateLive || !kind.known() {
		return one, false
	}
	one = driver.ObjectStat{
		Name:  s.loadText(at+entName, maxName),
		Kind:  kind.String(),
		Bytes: objectSize,
	}
	s.annexesOf(i, meta, func(uint64) bool {
		one.Bytes += annexSize
		return true
	})
	if kinds[kind].picture != nil {
		kinds[kind].picture(s, at, &one)
	}
	var waiting []owner
	for attached := range s.attachments(i, meta) {
		word := s.a.Load(attached)
		if n := int(uint32(word)); n > 0 && processes[ownerOf(word)] != nil {
			one.Waiters += n
			waiting = append(waiting, ownerOf(word))
		}
	}
	holder := s.holderOf(kind, at)
	if holder != 0 {
		one.Holder = s.pid(holder)
		since, _ := s.noteHeld(at, s.a.Load(at+entLock))
		one.Held = s.a.Now().Sub(since)
	}
	if s.a.Load(at) != meta {
		return one, false
	}
	for _, o := range waiting {
		processes[o].Waits = append(processes[o].Waits, one.Name)
	}
	if p := processes[holder]; p != nil {
		p.Holds = append(p.Holds, one.Name)
	}
	one.Held = max(one.Held, time.Duration(0))
	return one, true
}

func (s *Space) holderOf(k Kind, at uint64) owner {
	if kinds[k].holder == nil {
		return 0
	}
	return kinds[k].holder(s, at)
}

// usedBytes is how much of the space has memory.
func (s *Space) usedBytes() uint64 {
	objects, annexes := s.objectTable(), s.annexTable()
	used := s.objectAt + uint64(s.used(&objects))*objectSize + uint64(s.used(&annexes))*annexSize
	used += uint64(s.usedChunks()) * chunkEntry
	for k := range s.usedChunks() {
		if s.a.Load(s.chunk(k))&stateMask != chunkFree {
			used += s.chunkSize
		}
	}
	return used
}

// pid returns o's process ID, or 0 while that is not known, or o is nonsense.
func (s *Space) pid(o owner) int {
	if uint64(o.slot()) >= s.slots {
		return 0
	}
	return int(s.a.Load(s.slot(o.slot()) + slotPID))
}
