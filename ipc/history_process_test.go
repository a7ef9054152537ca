//go:build linux

package ipc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["history producer"] = historian(0, (*historyWriter).produce)
	roles["history getter"] = historian(historyProducers, (*historyWriter).get)
	roles["history borrower"] = historian(historyProducers, (*historyWriter).borrow)
}

// A historyWriter is a process that writes down what it does with the queue.
type historyWriter struct {
	*history
	which int // of the producers, or of the consumers
	me    int // of the processes
	lots  *rand.Rand
}

// mostAtOnce is how many elements a batch has at most.
const mostAtOnce = 16

// historian is a role: it does the work, and says whether that went well.
func historian(first int, work func(*historyWriter) error) role {
	return func(s *ipc.Space, hear func() string, say func(string, ...any)) error {
		var which int
		var each int64
		var seed uint64
		if _, err := fmt.Sscan(hear(), &which, &each, &seed); err != nil {
			return err
		}
		h, err := openHistory(s, each)
		if err != nil {
			return err
		}
		w := historyWriter{h, which, first + which, rand.New(rand.NewPCG(seed, 3))}
		if err := work(&w); err != nil {
			w.end(w.me, processFailed)
			return err
		}
		w.end(w.me, processEnded)
		hear()
		return nil
	}
}

// produce puts what is left to put. What its predecessor had begun may be in the
// queue, and is left alone.
func (w *historyWriter) produce() error {
	puts := w.puts[int64(w.which)*w.each:][:w.each]
	next := bytes.IndexByte(puts, notPut)
	for next >= 0 && next < len(puts) {
		n := 1
		if w.lots.IntN(3) == 0 {
			n = min(1+w.lots.IntN(mostAtOnce), len(puts)-next)
		}
		for i := range puts[next : next+n] {
			puts[next+i] = max(puts[next+i], putBegun)
		}
		done, err := w.put(next, n)
		for i := range puts[next : next+done] {
			puts[next+i] = putDone
		}
		next += done
		if err != nil {
			return err
		}
	}
	return nil
}

// put puts n elements, or fewer where it does not wait until all have room.
func (w *historyWriter) put(number, n int) (done int, err error) {
	ctx, cancel := background, context.CancelFunc(func() {})
	if w.lots.IntN(100) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.lots.IntN(1_000_000)))
	}
	defer cancel()
	switch {
	case n > 1:
		batch := make([][]byte, n)
		for i := range batch {
			batch[i] = w.element(number + i)
		}
		done, err = w.queue.PutBatch(ctx, batch)
	case w.lots.IntN(4) == 0:
		err = w.queue.TryPut(ctx, w.element(number))
	default:
		err = w.queue.Put(ctx, w.element(number))
	}
	switch {
	case errors.Is(err, ipc.ErrFull), errors.Is(err, context.DeadlineExceeded):
		return done, nil
	case err == nil:
		return n, nil
	}
	return done, err
}

// element makes an element that says whose it is, and is as long as that has it.
func (w *historyWriter) element(number int) []byte {
	id := historyEntry(w.which)<<40 | historyEntry(number)
	element := make([]byte, id.size())
	binary.LittleEndian.PutUint64(element, uint64(id))
	for i := range element[8:] {
		element[8+i] = byte(number)
	}
	return element
}

// size is how long an element is: short, as a rule.
func (e historyEntry) size() int {
	switch {
	case e.number()%1000 == 999:
		return 9000
	case e.number()%100 == 7:
		return 700
	}
	return 8 + int(e.number()%57)
}

// read tells which element it is that came.
func (w *historyWriter) read(element []byte) (historyEntry, error) {
	if len(element) < 8 {
		return 0, fmt.Errorf("an element of %d bytes came", len(element))
	}
	id := historyEntry(binary.LittleEndian.Uint64(element))
	if len(element) != id.size() || bytes.Count(element[8:], []byte{byte(id.number())}) != len(element)-8 {
		return 0, fmt.Errorf("%v came damaged, with %d bytes", id, len(element))
	}
	return id, nil
}

// take says that the process is about to take so many elements; 0: all is written
// down, and nothing is on loan.
func (w *historyWriter) take(n int) { atomic.StoreInt64(&w.taking[w.me], int64(n)) }

// get gets elements until the queue is closed.
func (w *historyWriter) get() error {
	var again []byte // memory for GetInto
	for {
		batch, err := w.getSome(&again)
		switch {
		case errors.Is(err, ipc.ErrEmpty), errors.Is(err, context.DeadlineExceeded):
			continue
		case errors.Is(err, ipc.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		for _, element := range batch {
			id, err := w.read(element)
			if err == nil {
				err = w.write(w.which, newEntry(lentEntry, 1, id))
			}
			if err != nil {
				return err
			}
		}
		w.take(0)
	}
}

func (w *historyWriter) getSome(again *[]byte) (batch [][]byte, err error) {
	how := w.lots.IntN(5)
	if how == 0 {
		n := 1 + w.lots.IntN(mostAtOnce)
		w.take(n)
		return w.queue.GetBatch(background, n)
	}
	w.take(1)
	var one []byte
	switch how {
	case 1:
		one, err = w.queue.TryGet(background)
	case 2:
		ctx, cancel := context.WithTimeout(background, time.Duration(w.lots.IntN(1_000_000)))
		defer cancel()
		one, err = w.queue.Get(ctx)
	case 3:
		err = w.queue.GetInto(background, again)
		one = *again
	default:
		one, err = w.queue.Get(background)
	}
	return [][]byte{one}, err
}

// borrow receives elements until the queue is closed, and acknowledges them or gives
// them back.
func (w *historyWriter) borrow() error {
	for {
		loans, err := w.borrowSome()
		switch {
		case errors.Is(err, ipc.ErrEmpty):
			continue
		case errors.Is(err, ipc.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		if err := w.settle(loans); err != nil {
			return err
		}
		w.take(0)
	}
}

func (w *historyWriter) borrowSome() (loans []*ipc.Delivery[[]byte], err error) {
	how := w.lots.IntN(4)
	if how == 0 {
		n := 1 + w.lots.IntN(mostAtOnce)
		w.take(n)
		return w.queue.ReceiveBatch(background, n)
	}
	w.take(1)
	var one *ipc.Delivery[[]byte]
	if how == 1 {
		one, err = w.queue.TryReceive(background)
	} else {
		one, err = w.queue.Receive(background)
	}
	return []*ipc.Delivery[[]byte]{one}, err
}

// settle ends loans in any order.
func (w *historyWriter) settle(loans []*ipc.Delivery[[]byte]) error {
	ids := make([]historyEntry, len(loans))
	for i, d := range loans {
		id, err := w.read(d.Value)
		if err == nil {
			err = w.write(w.which, newEntry(lentEntry, d.Attempt, id))
		}
		if err != nil {
			return err
		}
		ids[i] = id
	}
	for _, i := range w.lots.Perm(len(loans)) {
		d := loans[i]
		var err error
		if w.lots.IntN(30) == 0 {
			err = errors.Join(w.write(w.which, newEntry(nakedEntry, d.Attempt, ids[i])), d.Nak(background))
		} else if err = d.Ack(background); err == nil {
			err = w.write(w.which, newEntry(ackedEntry, d.Attempt, ids[i]))
		}
		if err != nil {
			return fmt.Errorf("%v: %w", ids[i], err)
		}
	}
	return nil
}
