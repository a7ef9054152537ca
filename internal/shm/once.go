package shm

import (
	"context"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Once is a Mutex for who does the work, and one more word, entDone, that is 1 from
// then on when it is done: {0} -> {1} by the Mutex's holder.
type Once struct {
	*Object
	lock *Mutex
	done arena.Word
}

func init() {
	kinds[OnceKind] = kindOf{
		name: "once", sleeps: entLock, wakes: everyone, patience: lockPatience,
		recover: recoverLock, doom: doomLock, holder: lockHolder,
	}
}

// OpenOnce attaches to a once, or makes it.
func (s *Space) OpenOnce(ctx context.Context, which driver.Which) (driver.Once, error) {
	o, err := s.openWhich(ctx, which, Spec{Kind: OnceKind})
	if err != nil {
		return nil, err
	}
	return &Once{o, newMutex(o), s.a.Word(o.at + entDone)}, nil
}

func (o *Once) isDone() bool { return o.done.Load() == 1 }

// Done reports whether the work is done.
func (o *Once) Done(context.Context) (bool, error) {
	done := o.isDone()
	if err := o.gone(); err != nil {
		return false, err
	}
	o.race.acquire()
	return done, nil
}

// Begin waits until the work is done, or the caller is to do it.
func (o *Once) Begin(ctx context.Context) (work driver.Holding, done bool, err error) {
	if done, err = o.Done(ctx); done || err != nil {
		return work, done, err
	}
	mine, err := o.lock.takeUnless(ctx, o.isDone)
	if err == nil && mine == 0 {
		done, err = o.Done(ctx)
	}
	if err != nil || done {
		return work, done, err
	}
	work, err = o.lock.holding(mine)
	if err != nil {
		return work, false, err
	}
	// It may have been done, or deleted, between our look and our taking the lock.
	if done, err = o.Done(ctx); broken == onceForgetsDone {
		done = false
	}
	if done || err != nil {
		_ = o.lock.Unlock(work) // and wakes all; an error says that Close, which has begun meanwhile, gives it up
		return driver.Holding{}, done, err
	}
	return work, false, nil
}

// End ends the work: done, or to be done by another.
func (o *Once) End(work driver.Holding, done bool) error {
	if !done {
		return o.lock.Unlock(work)
	}
	if !o.s.begins() {
		return driver.ErrClosed // the work is another's by now
	}
	defer o.s.ends()
	if broken == onceEndsFirst {
		_ = o.lock.Unlock(work)
	}
	if err := o.gone(); err != nil { // deleted: nobody will ever know
		_ = o.lock.Unlock(work)
		return err
	}
	o.race.release()
	o.s.a.Store(o.at+entDone, 1) // publishes the work to the loads of isDone
	_ = o.lock.Unlock(work)      // and wakes all; an error says that Close, which has begun meanwhile, gives it up
	return nil
}
