package shm

import (
	"context"
	"runtime"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Mutex is a lock in one word, entLock:
//
//	bit  0      somebody sleeps
//	bit  1      abandoned: a holder died, and nobody has unlocked since
//	bit  2      deleted
//	bit  3      draining: an RWMutex's alone, see there
//	bits 4-31   generation, one more per holding
//	bits 32-63  owner; nobody is free
//
// {free: g} -> {me: g+1} -> {free: g+1} by the same; {dead: g} -> {free: g,
// abandoned} by the sweep. The generation makes a holding's word unlike that of
// any other holding, so that unlocking can name it.
//
// Who unlocks clears bit 0 and wakes one sleeper; that one takes the lock with
// bit 0 set, since it cannot know whether it was the last. The lock is never
// handed over: whoever runs takes it.
type Mutex struct {
	*Object
	me    uint64 // owner, in its place
	word  arena.Word
	epoch arena.Word
}

const (
	lockSleepers  = 1 << 0
	lockAbandoned = 1 << 1
	lockDeleted   = 1 << 2
	lockDraining  = 1 << 3
	lockOne       = 1 << 4 // of the generation
	lockFlags     = lockOne - 1
	lockGenBits   = 28
	lockGenShift  = 4
)

func init() {
	kinds[MutexKind] = kindOf{
		name: "mutex", sleeps: entLock, wakes: 1, patience: lockPatience,
		recover: recoverLock, doom: doomLock, holder: lockHolder,
	}
}

// OpenMutex attaches to a mutex, or makes it. By its ID it may also be an array's.
func (s *Space) OpenMutex(ctx context.Context, which driver.Which) (driver.Mutex, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: MutexKind, lock: which.ID != 0})
	if err != nil {
		return nil, err
	}
	return newMutex(o), nil
}

func newMutex(o *Object) *Mutex {
	m := makeMutex(o)
	return &m
}

func makeMutex(o *Object) Mutex {
	return Mutex{o, o.s.me.high(), o.s.a.Word(o.at + entLock), o.s.a.Word(o.at + entEpoch)}
}

// Lock waits for the lock.
func (m *Mutex) Lock(ctx context.Context) (driver.Holding, error) {
	free := m.word.Load()
	if free < 1<<32 && free&lockDeleted == 0 {
		mine := uint64(uint32(free)+lockOne) | m.me
		if m.word.CompareAndSwap(free, mine) {
			epoch := m.epoch.Load()
			if mine&lockAbandoned == 0 && epoch&1 == lockHalf(mine) && !m.s.closed.Load() {
				m.race.acquire()
				return driver.NewHolding(mine, lockToken(epoch, mine), false), nil
			}
			h, err := m.holding(mine)
			return h, m.failed("lock", err)
		}
	}
	return m.lockSlowly(ctx)
}

func (m *Mutex) lockSlowly(ctx context.Context) (h driver.Holding, err error) {
	mine, err := m.takeUnless(ctx, func() bool { return false })
	if err == nil {
		h, err = m.holding(mine)
	}
	return h, m.failed("lock", err)
}

// takeUnless waits until it has taken the lock, and returns the lock's word; or until
// that is needless, and returns 0.
func (m *Mutex) takeUnless(ctx context.Context, needless func() bool) (mine uint64, err error) {
	var sleepers uint64
	var watched owner
	err = m.wait(ctx, m.at+entLock, func(sleepNext bool) (uint32, bool, error) {
		for {
			if needless() {
				return 0, true, nil
			}
			word, taken, err := m.take(sleepers)
			if taken {
				mine = word
			}
			if taken || err != nil || !sleepNext {
				return 0, taken, err
			}
			if m.s.unlessDead(ownerOf(word)) && m.markSleepers(word) {
				watched = m.watchHolder(word, watched)
				if broken != forgetSleepers {
					sleepers = lockSleepers
				}
				return uint32(word | lockSleepers), false, nil
			}
		}
	})
	return mine, err
}

// watchHolder has the holder's death noticed at once by somebody. It returns whom
// the caller watches; watched is what it returned before.
//
// In small company each who waits watches all others, whoever of them may hold the
// lock next. In a large one, one who waits for this holding watches its holder, as
// long as it waits: hundreds would trample on one another at each end of a process.
func (m *Mutex) watchHolder(word uint64, watched owner) owner {
	if m.watchCompany() {
		m.s.watchFor(ownerOf(word)) // who may have forgotten the Guard, and so not be of the company
		return 0
	}
	if _, first := m.noteHeld(word); first || word&lockSleepers == 0 || watched == ownerOf(word) {
		m.s.watchFor(ownerOf(word))
		return ownerOf(word)
	}
	return watched
}

// take takes the lock if it is free, and returns what its word is, with those flags.
func (m *Mutex) take(flags uint64) (word uint64, taken bool, err error) {
	for {
		word = m.word.Load()
		if word&lockDeleted != 0 || m.s.closed.Load() {
			return word, false, driver.ErrClosed
		}
		if ownerOf(word) != 0 {
			return word, false, nil
		}
		mine := uint64(uint32(word)+lockOne) | m.me | flags
		if m.word.CompareAndSwap(word, mine) {
			return mine, true, nil
		}
	}
}

func (m *Mutex) markSleepers(word uint64) bool {
	return word&lockSleepers != 0 || m.word.CompareAndSwap(word, word|lockSleepers)
}

// TryLock takes the lock if that can be done at once.
func (m *Mutex) TryLock() (h driver.Holding, err error) {
	for {
		word, taken, err := m.take(0)
		switch {
		case err != nil:
			return h, err
		case taken:
			return m.holding(word)
		case m.s.unlessDead(ownerOf(word)):
			return h, driver.ErrLocked
		}
	}
}

// holding makes what Lock returns of the word that it has just set.
func (m *Mutex) holding(mine uint64) (driver.Holding, error) {
	token := m.token(mine)
	if m.s.closed.Load() { // what we hold was given up before we held it
		_ = m.unlock(mine, lockAbandoned)
		return driver.Holding{}, driver.ErrClosed
	}
	m.race.acquire()
	return driver.NewHolding(mine, token, mine&lockAbandoned != 0), nil
}

// Unlock ends a holding: driver.ErrNotHeld if it has ended before.
func (m *Mutex) Unlock(h driver.Holding) error {
	m.race.release()
	// Frees what the holder has written to the next one's Lock.
	if h.Word&lockFlags == 0 && !m.s.closed.Load() && m.word.CompareAndSwap(h.Word, uint64(uint32(h.Word))) {
		runtime.KeepAlive(m)
		return nil
	}
	err := m.failed("unlock", m.unlockSlowly(h.Word))
	runtime.KeepAlive(m)
	return err
}

func (m *Mutex) unlockSlowly(mine uint64) error {
	if m.s.closed.Load() {
		return driver.ErrClosed
	}
	err := m.unlock(mine, 0)
	if err != nil && m.s.closed.Load() {
		return driver.ErrClosed
	}
	return err
}

// unlock frees the lock from the holding that mine tells of, keeping those flags.
func (m *Mutex) unlock(mine, keep uint64) error {
	const same = ^uint64(lockFlags)
	for {
		word := m.word.Load()
		stale := word&same != mine&same || ownerOf(mine) == 0
		if broken == unlockAnyHolding && ownerOf(word) == ownerOf(mine) {
			stale = false
		}
		if stale {
			return driver.ErrNotHeld
		}
		if m.word.CompareAndSwap(word, uint64(uint32(word))&^(lockSleepers|lockAbandoned&^keep)) {
			if word&lockSleepers != 0 && broken != wakeNobody {
				m.s.a.Wake(m.at+entLock, kinds[m.spec.Kind].wakes)
			}
			return nil
		}
	}
}

// Holder returns who holds the lock, and since when somebody has known.
func (m *Mutex) Holder(ctx context.Context) (pid int, since time.Time, err error) {
	for {
		if err := m.gone(); err != nil {
			return 0, since, err
		}
		word := m.word.Load()
		if ownerOf(word) == 0 {
			return 0, since, nil
		}
		if m.s.unlessDead(ownerOf(word)) {
			since, _ = m.noteHeld(word)
			return m.s.pid(ownerOf(word)), since, nil
		}
	}
}

func (m *Mutex) noteHeld(word uint64) (since time.Time, first bool) { return m.s.noteHeld(m.at, word) }

// noteHeld writes down when the holding that word tells of was first seen, and
// returns that, and whether it is we who saw it first. The word entSince is
//
//	bits 0-39   milliseconds since the space was made
//	bits 40-63  the low bits of the holding's generation
func (s *Space) noteHeld(at, word uint64) (since time.Time, first bool) {
	const milliBits = 40
	generation := uint64(uint32(word)>>lockGenShift) << milliBits
	made := time.Unix(0, int64(s.a.Load(hdrCreated)))
	noted := s.a.Load(at + entSince)
	for noted&^(1<<milliBits-1) != generation || noted == 0 {
		now := generation | uint64(max(1, s.a.Now().Sub(made).Milliseconds()))
		first = s.a.CompareAndSwap(at+entSince, noted, now)
		noted = s.a.Load(at + entSince)
	}
	return made.Add(time.Duration(noted%(1<<milliBits)) * time.Millisecond), first
}

// recoverLock is the sweep's part: a dead holder's lock is free and abandoned. One
// who was still draining it has changed nothing that it guards.
func recoverLock(s *Space, i int, _ uint64, dead owner) bool {
	at := s.object(i)
	for {
		word := s.a.Load(at + entLock)
		if ownerOf(word) != dead {
			return false
		}
		free := uint64(uint32(word)) &^ (lockSleepers | lockDraining)
		if word&lockDraining == 0 && broken != forgetAbandoned || broken == abandonDraining {
			free |= lockAbandoned
		}
		if s.a.CompareAndSwap(at+entLock, word, free) {
			return true
		}
	}
}

// doomLock tells those who come, and those who sleep, that the lock is deleted.
func doomLock(s *Space, at uint64) {
	s.setFlag(at+entLock, lockDeleted)
	if broken != doomSilently {
		s.a.Wake(at+entLock, everyone)
	}
}

func lockHolder(s *Space, at uint64) owner { return ownerOf(s.a.Load(at + entLock)) }
