package shm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"weak"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// An Object is this process's hold of an object: all handles of it in one Space
// share one. As long as there is one, the entry is this object's.
type Object struct {
	s      *Space
	i      int    // index of the entry
	at     uint64 // its offset
	meta   uint64 // {live}: another word there means deleted
	attach uint64 // our attachment
	name   string
	spec   Spec

	gate *arena.Gate // one goroutine of the process at a time sleeps on the object
	race raceWord

	busyCells   atomic.Uint32 // hazard cells of our attachment that goroutines have taken, a bit each
	lastRetired atomic.Uint64 // a retired word of the object, which last as long as we have it open

	spareCells spareCells // a Service's

	readers raceWord // of an RWMutex: what its writers come after

	dict    *dict                 // of a dict
	fifos   []fifo                // of a queue, a pipe, a service
	letters atomic.Pointer[Queue] // that of a queue's dead letters, once it is open here

	seen  sighting // of what is in the way, but may have stopped
	beats uint64   // of this process's claims to a semaphore's turn: who has the gate counts them

	holds [2]int // of a pipe's ends, which this process has; they change under table

	cleanup runtime.Cleanup // letGo, which the explorer does by itself
}

// Open attaches to the object called name or makes it. An empty name makes one
// with a name of its own. Where the space is full, handles that nobody has any more
// may be what fills it: then it asks the collector, and tries again.
func (s *Space) Open(ctx context.Context, name string, spec Spec) (*Object, error) {
	const fullTries, perCollection = 60, 20
	begun := time.Now()
	for full := 0; ; {
		o, err := s.openNamed(ctx, name, spec, time.Since(begun) < spec.makersTime())
		switch {
		case errors.Is(err, errBeingMade):
			s.pause(time.Millisecond)
		case errors.Is(err, driver.ErrNoSpace) && !errors.Is(err, errBlockTooLarge) && full < fullTries && !s.a.Hooked():
			if full%perCollection == 0 {
				runtime.GC()
			}
			full++
			s.pause(10 * time.Millisecond) // for what it finds to be let go
		default:
			return o, err
		}
		if ctx.Err() != nil {
			return nil, orCause(ctx, errGaveUp)
		}
	}
}

func (s *Space) openNamed(ctx context.Context, name string, spec Spec, patient bool) (*Object, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := s.enterTable(ctx.Done()); err != nil {
		return nil, orCause(ctx, err)
	}
	defer s.table.Leave()
	s.giveUpDeleted()
	for {
		o, err := s.openOnce(name, spec, patient)
		if !errors.Is(err, errGone) {
			return o, err
		}
	}
}

// openWhich opens what a driver's Which says.
func (s *Space) openWhich(ctx context.Context, which driver.Which, spec Spec) (*Object, error) {
	if which.ID == 0 {
		return s.Open(ctx, which.Name, spec)
	}
	if err := s.enterTable(ctx.Done()); err != nil {
		return nil, orCause(ctx, err)
	}
	defer s.table.Leave()
	s.giveUpDeleted()
	i, meta, current := s.look(which.ID - 1)
	if current && state(meta) == stateLive {
		o, err := s.openAt(i, meta, spec)
		if !errors.Is(err, errGone) {
			return o, err
		}
	}
	return nil, driver.ErrNotFound
}

func (s *Space) openOnce(name string, spec Spec, patient bool) (*Object, error) {
	fresh := name == ""
	if fresh {
		name = s.freshName(spec.Kind.String())
	}
	h := s.hash(name)
	i, meta, found := s.find(name, h)
	switch {
	case found && fresh:
		return nil, errGone // somebody has chosen that very name: take the next
	case found:
		return s.openAt(i, meta, spec)
	case kinds[spec.Kind].furnish != nil && patient && !s.a.Hooked() && s.beingMade(name, h):
		return nil, errBeingMade
	}
	return s.make(name, h, spec)
}

// openAt opens the live object i, or the one that this process has open already.
func (s *Space) openAt(i int, meta uint64, spec Spec) (*Object, error) {
	if opened, ok := s.open[i]; ok && opened.meta == meta {
		return s.openAgain(i, opened, spec)
	}
	at, err := s.borrow(i, meta)
	if err != nil {
		return nil, err
	}
	have := s.specOf(i)
	if err := have.fits(spec); err != nil {
		s.giveBack(i, meta, at)
		return nil, err
	}
	s.join(at, have.Kind)
	return s.hold(i, meta, at, have), nil
}

// join makes an attachment that is new to us ready for what the kind keeps there.
func (s *Space) join(attachment uint64, k Kind) {
	if joins := kinds[k].joins; joins != nil {
		joins(s, attachment)
	}
}

// borrow attaches to object i for as long as it is what meta says: errGone where
// it is that no more. The second look is what it hangs on: who reclaims an entry
// sees our attachment, or we see that it is reclaimed.
func (s *Space) borrow(i int, meta uint64) (at uint64, err error) {
	at, err = s.attach(i, meta)
	if err != nil {
		return 0, err
	}
	if broken != attachBlindly && s.a.Load(s.object(i)) != meta {
		s.giveBack(i, meta, at)
		return 0, errGone
	}
	return at, nil
}

// giveBack detaches, and reclaims the object if that was all that kept it. What it
// leaves in the attachment has our name: it is not to be taken for a share of the next
// object that we get the same attachment of.
func (s *Space) giveBack(i int, meta, at uint64) {
	s.a.Store(share(at, 1), 0)
	s.detach(at, s.me)
	s.reclaim(i, identOf(i, meta))
}

// asUser calls do with object i as one who is attached to it, unless it is not live any
// more, and Close waits for that. It returns what do does.
func (s *Space) asUser(i int, meta uint64, do func(o *Object) bool) bool {
	if state(meta) != stateLive || !s.begins() {
		return false
	}
	defer s.ends()
	mine, err := s.borrow(i, meta)
	if err != nil {
		return false
	}
	defer s.giveBack(i, meta, mine)
	o := &Object{s: s, i: i, at: s.object(i), meta: meta, attach: mine, spec: s.specOf(i)}
	o.fifos, o.dict = s.openFifos(o), s.openDict(o)
	return do(o)
}

func (s *Space) hold(i int, meta, at uint64, spec Spec) *Object {
	o := &Object{
		s: s, i: i, at: s.object(i), meta: meta, attach: at, spec: spec,
		name: s.loadText(s.object(i)+entName, maxName),
		gate: s.a.NewGate(),
	}
	o.fifos, o.dict = s.openFifos(o), s.openDict(o)
	s.open[i] = opened{weak.Make(o), meta, at}
	o.cleanup = runtime.AddCleanup(o, func(at uint64) { s.letGo(i, at) }, at)
	return o
}

// make makes the object called name; errGone where another does at the same time. It
// is in the directory before it is furnished, which may take a while: who wants it too
// sees that it is being made.
func (s *Space) make(name string, h hash, spec Spec) (*Object, error) {
	making := func(word uint64) uint64 { return become(nextSerial(word), stateMaking, s.me) }
	free := func(word uint64) bool { return state(word) == stateFree }
	i, err := s.claim(s.objectTable(), s.hint, free, making)
	if err != nil {
		return nil, err
	}
	s.hint = i + 1
	at := s.object(i)
	meta := s.a.Load(at)
	if ownerOf(meta) != s.me {
		return nil, errGone
	}
	attached, err := s.write(i, meta, name, spec)
	if err != nil {
		s.abandonMaking(i, meta, 0, 0, 0)
		return nil, err
	}
	if broken == publishEarly {
		s.a.Store(s.object(i)+entKind, 0)
	}
	object := identOf(i, meta)
	cell, err := s.enter(h, object)
	if err != nil {
		s.abandonMaking(i, meta, attached, 0, 0)
		return nil, err
	}
	if furnish := kinds[spec.Kind].furnish; furnish != nil {
		if err := furnish(s, i, spec); err != nil {
			s.abandonMaking(i, meta, attached, cell, h.cell(object))
			return nil, err
		}
	}
	live := become(meta, stateLive, 0)
	if !s.alone(name, h, cell) || !s.a.CompareAndSwap(at, meta, live) {
		s.abandonMaking(i, meta, attached, cell, h.cell(object))
		return nil, errGone
	}
	if broken == publishEarly {
		s.a.Store(s.object(i)+entKind, uint64(spec.Kind))
	}
	s.join(attached, spec.Kind)
	return s.hold(i, live, attached, s.specOf(i)), nil
}

// write fills in the entry of an object that is being made, and attaches to it.
func (s *Space) write(i int, meta uint64, name string, spec Spec) (attached uint64, err error) {
	at := s.object(i)
	for word := uint64(8); word < entKind; word += 8 {
		s.a.Store(at+word, 0)
	}
	s.a.Store(at+entKind, uint64(spec.Kind))
	for k := range uint64(2) {
		s.a.Store(at+entType+8*k, spec.Type[k])
		s.a.Store(at+entConfig+8*k, spec.Config[k])
	}
	s.a.Store(at+entAnnex, identOf(i, meta).link(0))
	s.storeText(at+entName, name)
	if spec.Type != [2]uint64{} {
		s.storeText(at+entTypeName, cut(spec.TypeName, maxTypeName))
	}
	return s.attach(i, meta)
}

// abandonMaking undoes what make has done so far, last things first.
func (s *Space) abandonMaking(i int, meta, attached, cell, entered uint64) {
	if cell != 0 {
		s.a.CompareAndSwap(cell, entered, 0)
	}
	if attached != 0 {
		s.clearShares(attached) // not to be taken for shares of the next object
		s.detach(attached, s.me)
	}
	for now := meta; unmade(now) && ownerOf(now) == s.me && serial(now) == serial(meta); now = s.a.Load(s.object(i)) {
		s.unmake(i, now)
	}
}

// Name returns the object's name.
func (o *Object) Name() string { return o.name }

// ID is what openWhich finds the object by, and no other.
func (o *Object) ID() uint64 { return uint64(identOf(o.i, o.meta)) + 1 }

// failed says what could not be done with the object, where err is not nil.
func (o *Object) failed(verb string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %v %q: %w", verb, o.spec.Kind, o.name, err)
	}
	return nil
}

// gone says why the object cannot be used any more, if that is so.
func (o *Object) gone() error {
	if o.s.closed.Load() || o.s.a.Load(o.at) != o.meta {
		return driver.ErrClosed
	}
	return nil
}
