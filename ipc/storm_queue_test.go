//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).queue, (*storm).queueOnLoan, (*storm).passingQueue)
}

// Of each queue there is in the books how many elements were put, and how many came
// out, as far as that was acknowledged.
const (
	stormQueue       = "storm's queue"
	stormLoans       = "storm's loans"
	stormDeadLetters = "storm's dead letters" // of the loans
	stormMost        = 4                      // elements at once, and deliveries by loan
	stormCap         = 16
)

var stormLent = ipc.QueueConfig{Cap: stormCap, MaxDeliver: stormMost, DeadLetters: stormDeadLetters}

// An errand is an element of a queue. Number is greater than all that its producer has
// put before.
type errand struct {
	Producer int
	Number   int64
	Rest     []byte
}

// queue puts something, or gets something.
func (st *storm) queue() error {
	q, err := ipc.OpenQueue[errand](background, st.s, stormQueue, ipc.QueueConfig{Cap: stormCap})
	if err != nil {
		return err
	}
	if st.lots.IntN(2) == 0 {
		return st.putErrands(q)
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(5_000_000)))
	defer cancel()
	came := make([]errand, 1)
	switch st.lots.IntN(4) {
	case 0:
		came[0], err = q.TryGet(background)
	case 1:
		came, err = q.GetBatch(ctx, stormMost)
	case 2:
		err = q.GetInto(ctx, &came[0])
	default:
		came[0], err = q.Get(ctx)
	}
	if err != nil {
		return unlessVain(err)
	}
	for _, e := range came {
		if err := st.see(q.Name(), e, 1, true); err != nil {
			return err
		}
	}
	return st.enter(q.Name()+": out", len(came))
}

// queueOnLoan puts something, or takes something on loan and acknowledges it or gives
// it back; or it looks at what was given back too often.
func (st *storm) queueOnLoan() error {
	q, err := ipc.OpenQueue[errand](background, st.s, stormLoans, stormLent)
	if err != nil {
		return err
	}
	switch st.lots.IntN(8) {
	case 0:
		return st.readLetter()
	case 1, 2, 3:
		return st.putErrands(q)
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(5_000_000)))
	defer cancel()
	loans := make([]*ipc.Delivery[errand], 1)
	switch st.lots.IntN(3) {
	case 0:
		loans[0], err = q.TryReceive(background)
	case 1:
		loans, err = q.ReceiveBatch(ctx, stormMost)
	default:
		loans[0], err = q.Receive(ctx)
	}
	if err != nil {
		return unlessVain(err)
	}
	for _, d := range loans {
		if err := st.see(q.Name(), d.Value, d.Attempt, false); err != nil {
			return err
		}
		if d.Attempt > 1 {
			err = errors.Join(err, st.enter("lent again", 1))
		}
	}
	time.Sleep(time.Duration(st.lots.IntN(200_000))) // what they are for takes its time
	for _, i := range st.lots.Perm(len(loans)) {
		d := loans[i]
		if st.lots.IntN(4) == 0 {
			err = errors.Join(err, st.enter("given back", 1), d.Nak(background))
			continue
		}
		if err := d.Ack(background); err != nil {
			return fmt.Errorf("errand %d, attempt %d: %w", d.Value.Number, d.Attempt, err)
		}
		err = errors.Join(err, st.see(q.Name(), d.Value, d.Attempt, true), st.enter(q.Name()+": out", 1))
	}
	return err
}

func (st *storm) readLetter() error {
	q, err := ipc.OpenQueue[errand](background, st.s, stormDeadLetters, ipc.QueueConfig{})
	if err != nil {
		return err
	}
	e, err := q.TryGet(background)
	if err != nil {
		return unlessVain(err)
	}
	return errors.Join(isFilled(e.Rest), st.enter(stormLoans+": out", 1))
}

// putErrands puts errands, and enters into the books how many it has put.
func (st *storm) putErrands(q *ipc.Queue[errand]) error {
	drawn, err := ipc.OpenInt64(background, st.s, q.Name()+": drawn")
	if err != nil {
		return err
	}
	errands := make([]errand, 1+st.lots.IntN(stormMost))
	for i := range errands {
		rest := filled(0)
		if st.lots.IntN(8) == 0 {
			rest = filled(st.lots.IntN(1000))
		}
		errands[i] = errand{Producer: os.Getpid(), Rest: rest}
		if errands[i].Number, err = drawn.Add(background, 1); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(5_000_000)))
	defer cancel()
	n := 1
	switch st.lots.IntN(3) {
	case 0:
		n, err = q.PutBatch(ctx, errands)
		err = errors.Join(unlessVain(err), st.enter(q.Name()+": put", n))
		return err
	case 1:
		err = q.TryPut(background, errands[0])
	default:
		err = q.Put(ctx, errands[0])
	}
	if err != nil {
		return unlessVain(err)
	}
	return st.enter(q.Name()+": put", n)
}

// unlessVain is nil for the errors of who has waited in vain, or not at all.
func unlessVain(err error) error {
	if errors.Is(err, ipc.ErrEmpty) || errors.Is(err, ipc.ErrFull) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// passingQueue makes a queue that others make, use, close and delete at the same time.
func (st *storm) passingQueue() error {
	name := fmt.Sprint("storm's passing queue ", st.lots.IntN(3))
	q, err := ipc.OpenQueue[[]byte](background, st.s, name, ipc.QueueConfig{Cap: 3})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(1_000_000)))
	defer cancel()
	var data []byte
	switch st.lots.IntN(7) {
	case 0:
		err = q.Put(ctx, filled(st.lots.IntN(1000)))
	case 1:
		err = q.TryPut(background, filled(st.lots.IntN(1000)))
	case 2:
		data, err = q.Get(ctx)
	case 3:
		data, err = q.TryGet(background)
	case 4:
		_, err = q.Receive(ctx) // and keep it until the process is killed
	case 5:
		err = q.Close(background)
	default:
		err = st.s.Delete(background, name)
	}
	if err == nil && data != nil {
		return isFilled(data)
	}
	if errors.Is(err, ipc.ErrClosed) || errors.Is(err, ipc.ErrNotFound) {
		return nil
	}
	return unlessVain(err)
}
