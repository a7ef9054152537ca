package shm

import (
	"context"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Semaphore holds as many permits as its configuration says. The word entPermits
// tells how many are in use, and has room for the one who is changing that:
//
//	bit  0      somebody sleeps
//	bit  1      somebody sleeps until the section is free
//	bit  2      deleted
//	bit  3      the permits in use are to be counted anew
//	bits 4-31   permits in use
//	bits 32-63  owner: who is in the section; nobody
//
// Word 1 of each process's attachment is its share:
//
//	bits 0-31   permits that the process has
//	bits 32-63  owner; a share of another owner than the attachment's is none
//
// {nobody: used} -> {me: used}, share + n, {me: used} -> {nobody: used + n}. A
// share changes in the section alone, except that the sweep takes away those of the
// dead and then has the permits in use counted anew, as the sum of the shares. So
// nothing that a process has or was about to have is lost with it, and no more
// permits are ever out than there are.
type Semaphore struct {
	*Object
	me      uint64 // owner, in its place
	permits int
	word    arena.Word
	claim   arena.Word // see turn
}

const (
	semSleepers = 1 << 0
	semQueued   = 1 << 1
	semDeleted  = 1 << 2
	semRecount  = 1 << 3
	semOne      = 1 << 4 // of the permits in use
	semFlags    = semOne - 1

	semShare = 8 // of an attachment

	maxPermits = 1<<28 - 1
)

func init() {
	kinds[SemaphoreKind] = kindOf{
		name: "semaphore", config: [2]string{"permits"}, sleeps: entPermits, wakes: 1, patience: lockPatience, looksOften: true,
		recover: recoverSemaphore, doom: doomSemaphore, holds: holdsPermits, picture: pictureSemaphore, check: checkSemaphore,
	}
}

// OpenSemaphore attaches to a semaphore, or makes it.
func (s *Space) OpenSemaphore(ctx context.Context, which driver.Which, permits int) (driver.Semaphore, error) {
	if which.ID == 0 && (permits < 1 || permits > maxPermits) {
		return nil, fmt.Errorf("%w: %d permits, from 1 to %d can be", driver.ErrRange, permits, maxPermits)
	}
	o, err := s.openWhich(ctx, which, Spec{Kind: SemaphoreKind, Config: [2]uint64{uint64(permits)}})
	if err != nil {
		return nil, err
	}
	return semaphoreOf(o), nil
}

func semaphoreOf(o *Object) *Semaphore {
	permits := int(min(o.spec.Config[0], maxPermits))
	return &Semaphore{o, o.s.me.high(), permits, o.s.a.Word(o.at + entPermits), o.s.a.Word(o.at + entClaim)}
}

// inUse is how many permits are, as word tells.
func inUse(word uint64) int { return int(uint32(word) / semOne) }

func (m *Semaphore) outOfRange(n int) error {
	if n < 1 || n > m.permits {
		return fmt.Errorf("%w: %d permits of %d", driver.ErrRange, n, m.permits)
	}
	return nil
}

// Acquire waits for n permits.
func (m *Semaphore) Acquire(ctx context.Context, n int) error {
	if err := m.outOfRange(n); err != nil {
		return err
	}
	var taken bool
	var err error
	word := m.word.Load()
	if ownerOf(word) == 0 && word&(semDeleted|semRecount) == 0 && !m.short(word, n) && m.claim.Load() == 0 {
		taken, err = m.move(word, n, 0)
	}
	if !taken && err == nil {
		err = m.acquireSlowly(ctx, n)
	}
	if err == nil {
		m.race.acquire()
	}
	return err
}

func (m *Semaphore) acquireSlowly(ctx context.Context, n int) error {
	t := &turn{m: m, n: n}
	return m.waitAnywhere(ctx, t.look, t.end)
}

// tryLooks is how often TryAcquire looks again where somebody is in the section,
// before it takes that one for stopped.
const tryLooks = 1000

// TryAcquire takes n permits if that can be done at once.
func (m *Semaphore) TryAcquire(n int) error {
	if err := m.outOfRange(n); err != nil {
		return err
	}
	t := turn{m: m, n: n}
	for looks := 0; ; looks++ {
		_, taken, err := t.look(false)
		switch {
		case err != nil:
			return err
		case taken:
			m.race.acquire()
			return nil
		}
		word, claim := m.word.Load(), m.claim.Load()
		switch inside := ownerOf(word); {
		case inside != 0:
			if m.s.unlessDead(inside) && (looks >= tryLooks || m.s.a.Hooked()) {
				return driver.ErrLocked
			}
			runtime.Gosched()
			arena.YieldProcessor()
		case claim != 0 && m.stands(claim), claim == 0 && m.short(word, n) && !m.buryHolders():
			return driver.ErrLocked
		}
	}
}

// Release gives n of this process's permits back.
func (m *Semaphore) Release(ctx context.Context, n int) error {
	if err := m.outOfRange(n); err != nil {
		return err
	}
	m.race.release()
	for looks := 0; ; looks++ {
		word := m.word.Load()
		if inside := ownerOf(word); inside != 0 {
			if err := m.awaitSection(ctx, word, looks); err != nil {
				return err
			}
		} else if moved, err := m.move(word, -n, 0); moved || err != nil {
			return err
		}
	}
}

// Available returns how many permits are free.
func (m *Semaphore) Available(ctx context.Context) (int, error) {
	for looks := 0; ; looks++ {
		word := m.word.Load()
		switch {
		case word&semDeleted != 0 || m.s.closed.Load():
			return 0, driver.ErrClosed
		case word&semRecount == 0:
			if inUse(word) == 0 || !m.buryHolders() {
				return max(0, m.permits-inUse(word)), nil
			}
		case ownerOf(word) != 0:
			if err := m.awaitSection(ctx, word, looks); err != nil {
				return 0, err
			}
		default:
			if _, err := m.move(word, 0, 0); err != nil {
				return 0, err
			}
		}
	}
}

// someHolders is how many of those who have permits are looked at each time: each
// look is a system call. Where there are more, their neighbours in the ring of
// slots notice that they are dead.
const someHolders = 16

// holders yields some of the others who have permits, or from whom a sweep has taken
// them and may not have come to have them counted.
func (m *Semaphore) holders(yield func(owner) bool) {
	n := 0
	for attachment := range m.s.attachments(m.i, m.meta) {
		if !holdsPermits(m.s, attachment) && m.s.a.Load(attachment+semShare) != swept {
			continue
		}
		o := ownerOf(m.s.a.Load(attachment))
		if o == m.s.me || o == 0 {
			continue
		}
		if n++; n > someHolders || !yield(o) {
			return
		}
	}
}

// buryHolders buries those of the holders who are dead, and reports whether there
// was one.
func (m *Semaphore) buryHolders() (some bool) {
	for o := range m.holders {
		some = !m.s.unlessDead(o) || some
	}
	return some
}
