package shm

import (
	"context"
	"runtime"
)

// enter enters a section, if nobody is in: the caller leaves it soon. Where somebody
// is, it returns false and the section's word. The caller's word has these flags.
func (f *fifo) enter(sec *section, flags uint64) (word uint64, entered bool, err error) {
	word, entered, err = sec.take(f.o.s, flags)
	if !entered {
		return word, false, err
	}
	if word&sectionAbandoned != 0 && broken != queueUnmended || sec == &f.getting && f.hasDeaths() {
		if err := f.mend(sec); err != nil {
			f.leave(sec, sectionAbandoned)
			f.exit(sec)
			return 0, false, err
		}
	}
	return word, true, nil
}

// leave leaves a section, with that flag set. What the caller does before its exit, as
// ringing a bell, Close waits for.
func (f *fifo) leave(sec *section, flag uint64) { sec.leave(f.o.s, flag) }

// exit ends what enter began, once the section is left.
func (f *fifo) exit(sec *section) {
	sec.inside.Add(-1)
	runtime.KeepAlive(f.o) // and with it our attachment
}

// tell rings a bell for n, unless the space is closed.
func (f *fifo) tell(bell uint64, n int) {
	f.telling(func() { f.o.s.ringBell(f.at+bell, n) })
}

// telling has do ring bells, unless the space is closed.
func (f *fifo) telling(do func()) {
	f.putting.inside.Add(1)
	if !f.o.s.closed.Load() {
		do()
	}
	f.exit(&f.putting)
}

// inSections reports whether a goroutine of this process is in a section.
func (s *Space) inSections() bool {
	for _, opened := range s.open {
		if o := opened.object.Value(); o != nil {
			for k := range o.fifos {
				if o.fifos[k].putting.inside.Load()+o.fifos[k].getting.inside.Load() > 0 {
					return true
				}
			}
		}
	}
	return false
}

// A visit is what somebody does in a section, who waits until it can be done.
type visit struct {
	*section
	bell uint64 // to sleep on until it can be done; 0: it always can

	// before is called outside of the section before one sleeps. nil: there is nothing to
	// do.
	before func()

	// worth says from outside whether it may be worth going in. nil: always.
	worth func() bool

	// do does it, in the section, and says whether it is done.
	do func() (done bool, err error)

	// more reports, in the section, whether the next who sleeps on the bell can be served
	// as well.
	more func() bool
}

// visit waits until v is done. Those who come through the section's gate sleep one at
// a time; the others each for themselves.
func (f *fifo) visit(ctx context.Context, v visit, gated bool) error {
	o := f.o
	var flags uint64 // of a section that we have slept for
	rung := false    // we have slept on the bell
	take := func(sleepNext bool) (bed, bool, error) {
		if v.before != nil && sleepNext {
			v.before()
		}
		for {
			if !sleepNext && v.worth != nil && !v.worth() {
				return bed{}, false, nil
			}
			word, entered, err := f.enter(v.section, flags)
			if err != nil {
				return bed{}, false, err
			}
			if !entered {
				if !sleepNext {
					return bed{}, false, nil
				}
				o.s.watchFor(ownerOf(word))
				if !v.section.lives(f.o.s, word) {
					continue
				}
				if word&sectionSleepers != 0 || v.word.CompareAndSwap(word, word|sectionSleepers) {
					flags = sectionSleepers
					return bed{v.at, uint32(word | sectionSleepers)}, false, nil
				}
				continue
			}
			var low uint32
			if sleepNext && v.bell != 0 && broken != queueListensLate {
				low = o.s.listen(v.bell) // and then look
			}
			done, err := v.do()
			if sleepNext && v.bell != 0 && broken == queueListensLate {
				f.leave(v.section, 0)
				f.exit(v.section)
				return bed{v.bell, o.s.listen(v.bell)}, done, err
			}
			pass := rung && v.bell != 0 && (done || err != nil) && o.s.listen(v.bell) != 0 && v.more()
			f.leave(v.section, 0)
			if pass && broken != queueKeepsBell {
				o.s.ringBell(v.bell, 1)
			}
			f.exit(v.section)
			rung = rung || sleepNext
			if sleepNext && !done && err == nil && f.mindDeaths() {
				continue
			}
			return bed{v.bell, low}, done, err
		}
	}
	var err error
	if gated {
		err = o.waitBehind(ctx, v.gate, take, func() {})
	} else {
		err = o.waitAlone(ctx, take)
	}
	if err != nil && rung && v.bell != 0 {
		f.telling(func() { o.s.a.Wake(v.bell, 1) }) // we may have been woken, and then have slept for the section
	}
	return err
}

// visitOnce does v if it can be done now; else it returns none.
func (f *fifo) visitOnce(v visit, none error) error {
	entered, err := v.section.soon(f.o.s, func() (uint64, bool, error) { return f.enter(v.section, 0) })
	if err != nil {
		return err
	}
	if !entered {
		return none
	}
	done, err := v.do()
	f.leave(v.section, 0)
	f.exit(v.section)
	if !done && err == nil {
		err = none
	}
	return err
}

// A bell is the word that they sleep on who have been in a section and found nothing to
// do:
//
//	bit  0      somebody sleeps, or is about to
//	bits 1-31   one more each time it is rung
//
// Who sleeps sets bit 0, looks again, and sleeps on what the word is then. Who has
// changed something looks at the bell after that, clears bit 0, and wakes as many as
// there is something for. One that has slept and finds something sets bit 0 again,
// since it cannot know whether it was the last, and wakes the next if there is more.

// listen says that somebody may sleep on a bell, and returns the low half of its word.
func (s *Space) listen(bell uint64) uint32 {
	for {
		word := s.a.Load(bell)
		if word&1 != 0 || s.a.CompareAndSwap(bell, word, word|1) {
			return uint32(word | 1)
		}
	}
}

// ringBell wakes n of those who sleep on a bell, if there are any.
func (s *Space) ringBell(bell uint64, n int) {
	for {
		word := s.a.Load(bell)
		if word&1 == 0 {
			return
		}
		if s.a.CompareAndSwap(bell, word, rung(word)) {
			if broken != wakeNobody {
				s.a.Wake(bell, n)
			}
			return
		}
	}
}

// rung is what the word of a bell becomes: bit 0 is clear.
func rung(word uint64) uint64 { return uint64(uint32(word|1) + 1) }

// ringAll wakes all who sleep at the fifo whose control block is at at: also those who
// have not said so, since one who was woken was to say it for them.
func (s *Space) ringAll(at uint64) {
	for _, off := range []uint64{fifoGetBell, fifoPutBell, fifoDoneBell} {
		bell := at + off
		for word := s.a.Load(bell); !s.a.CompareAndSwap(bell, word, rung(word)); word = s.a.Load(bell) {
		}
		if broken != doomSilently {
			s.a.Wake(bell, everyone)
		}
	}
}
