package shm

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Queue is a fifo, whose room is counted in elements, and the name of the queue of
// its dead letters, in the second part of its block.
type Queue struct {
	*Object
	*fifo
}

const (
	defaultCap = 1024
	mostCap    = 1 << 40

	queueLetters = fifoSize // length, then words
)

func init() {
	kinds[QueueKind] = kindOf{
		name: "queue", config: [2]string{"elements of capacity", "deliveries before an element is a dead letter"},
		fifos: 1, room: func(spec Spec) uint64 { return spec.Config[0] },
		patience: queuePatience,
		joins:    (*Space).clearShares, holds: holdsRecords,
		furnish: furnishQueue, strip: stripFifos, recover: recoverFifos, doom: doomFifos,
		check: checkFifos, picture: pictureQueue,
	}
}

// OpenQueue attaches to a queue, or makes it, and the queue of its dead letters.
func (s *Space) OpenQueue(ctx context.Context, which driver.Which, of driver.Type, cfg driver.QueueConfig) (driver.Queue, error) {
	q, err := s.openQueue(ctx, which, of, cfg)
	if err == nil {
		err = q.openLetters(ctx)
	}
	if err != nil {
		return nil, err
	}
	return q, nil
}

func (s *Space) openQueue(ctx context.Context, which driver.Which, of driver.Type, cfg driver.QueueConfig) (*Queue, error) {
	switch {
	case cfg.Cap < 0 || cfg.Cap > mostCap:
		return nil, fmt.Errorf("%w: Cap is %d", driver.ErrRange, cfg.Cap)
	case cfg.MaxDeliver < 0 || cfg.MaxDeliver > recAttempts/recOnce-1:
		return nil, fmt.Errorf("%w: MaxDeliver is %d", driver.ErrRange, cfg.MaxDeliver)
	case cfg.DeadLetters != "" && cfg.DeadLetters == which.Name:
		return nil, fmt.Errorf("%w: its dead letters are to go to itself", driver.ErrRange)
	}
	if cfg.DeadLetters != "" {
		if err := checkName(cfg.DeadLetters); err != nil {
			return nil, fmt.Errorf("DeadLetters: %w", err)
		}
	}
	spec := specOfType(QueueKind, of)
	spec.Config = [2]uint64{uint64(cfg.Cap), uint64(cfg.MaxDeliver)}
	spec.letters = cfg.DeadLetters
	o, err := s.openWhich(ctx, which, spec)
	if err != nil {
		return nil, err
	}
	f, err := o.fifo(0)
	if err != nil {
		return nil, err
	}
	if cfg.DeadLetters != "" && cfg.DeadLetters != f.letters {
		return nil, fmt.Errorf("%w: its dead letters go to %q, not %q", driver.ErrMismatch, f.letters, cfg.DeadLetters)
	}
	return &Queue{o, f}, nil
}

func furnishQueue(s *Space, i int, spec Spec) error {
	if spec.Config[1] > 0 && spec.letters == "" {
		return fmt.Errorf("%w: MaxDeliver is %d, and there is no DeadLetters", driver.ErrRange, spec.Config[1])
	}
	if spec.Config[0] == 0 {
		s.a.Store(s.object(i)+entConfig, defaultCap)
	}
	if err := furnishFifos(s, i, spec); err != nil {
		return err
	}
	s.storeText(s.root(i)+queueLetters, spec.letters)
	return nil
}

// Cap returns how many elements there is room for.
func (q *Queue) Cap() int { return int(q.room) }

// Len returns how many there are, without those on loan. Between the two looks some may
// go.
func (q *Queue) Len() (n int, err error) {
	f, ctx := q.fifo, context.Background()
	var seq, gone uint64
	err = q.visit(ctx, visit{section: &q.putting, do: func() (bool, error) {
		seq = f.o.s.a.Load(f.at + fifoTailSeq)
		return true, nil
	}}, false)
	if err == nil {
		err = q.visit(ctx, visit{section: &q.getting, do: func() (bool, error) {
			gone = f.absent()
			return true, nil
		}}, false)
	}
	return max(0, int(seq-gone)), err
}

// absent is the weight of what is over with, on loan, or spent, in the getting section.
func (f *fifo) absent() uint64 {
	a := f.o.s.a
	return a.Load(f.at+fifoDone) + a.Load(f.at+fifoOut) - a.Load(f.at+fifoReturns)
}

// Put appends data, and waits while there is no room.
func (q *Queue) Put(ctx context.Context, data []byte) error { return q.put(ctx, data, true) }

// TryPut appends data if there is room.
func (q *Queue) TryPut(data []byte) error { return q.put(context.Background(), data, false) }

// PutBatch appends them all, and returns how many it has, error or not.
func (q *Queue) PutBatch(ctx context.Context, batch [][]byte) (n int, err error) {
	return q.putBatch(ctx, batch)
}

// Get takes the oldest element.
func (q *Queue) Get(ctx context.Context, buf []byte) ([]byte, error) { return q.take(ctx, buf, true) }

// TryGet takes the oldest element if there is one.
func (q *Queue) TryGet(buf []byte) ([]byte, error) { return q.take(context.Background(), buf, false) }

// GetBatch takes the oldest elements, one at least.
func (q *Queue) GetBatch(ctx context.Context, most int) ([][]byte, error) {
	all, err := q.takeSome(ctx, false, most)
	batch := make([][]byte, len(all))
	for i := range all {
		batch[i] = all[i].data
	}
	return batch, err
}

// Receive takes the oldest element on loan.
func (q *Queue) Receive(ctx context.Context) (driver.Loan, error) { return q.receive(ctx, true) }

// TryReceive takes the oldest element on loan if there is one.
func (q *Queue) TryReceive() (driver.Loan, error) { return q.receive(context.Background(), false) }

// ReceiveBatch takes the oldest elements on loan, one at least.
func (q *Queue) ReceiveBatch(ctx context.Context, most int) ([]driver.Loan, error) {
	all, err := q.takeSome(ctx, true, most)
	loans := make([]driver.Loan, len(all))
	for i := range all {
		loans[i] = all[i].loan()
	}
	return loans, err
}

// Ack ends a loan: the element is gone.
func (q *Queue) Ack(ctx context.Context, l driver.Loan) error { return q.endLoan(ctx, l, false) }

// Nak ends a loan: the element comes back.
func (q *Queue) Nak(ctx context.Context, l driver.Loan) error { return q.endLoan(ctx, l, true) }

// Close ends the putting.
func (q *Queue) Close(ctx context.Context) error { return q.shut(ctx) }

// Join waits until all that was put is over with.
func (q *Queue) Join(ctx context.Context) error {
	f, a := q.fifo, q.s.a
	return q.visit(ctx, visit{
		section: &q.putting, bell: f.at + fifoDoneBell,
		before: func() {
			if f.mind(); a.Load(f.at+fifoSpent) != 0 {
				_ = q.visitOnce(visit{section: &q.getting, do: func() (bool, error) { return true, f.sendSpent() }}, nil)
			}
		},
		do:   func() (bool, error) { return a.Load(f.at+fifoTailSeq) == a.Load(f.at+fifoDone), nil },
		more: func() bool { return false },
	}, false)
}

func pictureQueue(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	one.Cap = int(s.a.Load(s.object(i) + entConfig))
	s.lookInto(i, meta, func(f *fifo) {
		one.Len = int(f.o.s.a.Load(f.at+fifoTailSeq) - f.absent())
		for _, b := range f.blocks() {
			one.Bytes += int64(s.blockSize(b))
		}
	})
}
