//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/multiproc-go/multiproc/ipc"
)

const (
	historyProducers = 4
	historyConsumers = 4
	historyCap       = 256
)

// A history is a queue, and what its producers and consumers write down of it, in
// memory that their deaths leave as it is.
type history struct {
	queue  *ipc.Queue[[]byte]
	each   int64                      // elements that each producer puts
	puts   []uint8                    // of each element: notPut, putBegun, putDone
	taking []int64                    // of each process: how many elements it is taking, or has on loan, at most
	states []uint32                   // of each process: whether it runs, or how it has ended
	logs   [historyConsumers][]uint64 // the first is how many follow
}

const (
	notPut   = iota
	putBegun // it may be in the queue if its producer was killed
	putDone  // acknowledged
)

// A historyEntry is what a consumer writes down: what, 2 bits; attempt, 14 bits;
// producer, 8 bits; number, 40 bits.
type historyEntry uint64

const (
	lentEntry = iota // or taken
	ackedEntry
	nakedEntry // about to be given back
)

func newEntry(kind, attempt int, element historyEntry) historyEntry {
	return historyEntry(kind)<<62 | historyEntry(attempt)<<48 | element
}

func (e historyEntry) kind() int       { return int(e >> 62) }
func (e historyEntry) attempt() int64  { return int64(e >> 48 & (1<<14 - 1)) }
func (e historyEntry) producer() int64 { return int64(e >> 40 & 0xff) }
func (e historyEntry) number() int64   { return int64(e & (1<<40 - 1)) }

func (h *history) index(e historyEntry) int64 { return e.producer()*h.each + e.number() }

func openHistory(s *ipc.Space, each int64) (h *history, err error) {
	h = &history{each: each}
	h.queue, err = ipc.OpenQueue[[]byte](background, s, "history", ipc.QueueConfig{Cap: historyCap})
	h.puts, err = slice[uint8](s, err, "history's puts", historyProducers*each)
	h.taking, err = slice[int64](s, err, "history's taking", historyProducers+historyConsumers)
	h.states, err = slice[uint32](s, err, "history's states", historyProducers+historyConsumers)
	for i := range h.logs { // as if one had all, and twice
		h.logs[i], err = slice[uint64](s, err, fmt.Sprint("history's log ", i), 3*historyProducers*each+1000)
	}
	return h, err
}

func slice[T any](s *ipc.Space, err error, name string, n int64) ([]T, error) {
	if err != nil {
		return nil, err
	}
	a, err := ipc.OpenArray[T](background, s, name, int(n))
	if err != nil {
		return nil, err
	}
	return a.Slice(), nil
}

func (h *history) delete(s *ipc.Space) {
	for _, name := range []string{"history", "history's puts", "history's taking", "history's states"} {
		s.Delete(background, name)
	}
	for i := range h.logs {
		s.Delete(background, fmt.Sprint("history's log ", i))
	}
}

const (
	processRuns = iota
	processEnded
	processFailed // and said why
)

// ended says whether the processes from i to j have ended.
func (h *history) ended(i, j int) bool {
	for k := range h.states[i:j] {
		if h.state(i+k) == processRuns {
			return false
		}
	}
	return true
}

func (h *history) state(i int) uint32    { return atomic.LoadUint32(&h.states[i]) }
func (h *history) end(i int, how uint32) { atomic.StoreUint32(&h.states[i], how) }

// write adds an entry to a consumer's log.
func (h *history) write(which int, e historyEntry) error {
	log := h.logs[which]
	n := log[0] + 1
	if n >= uint64(len(log)) {
		return errors.New("the log is full")
	}
	log[n] = uint64(e)
	atomic.StoreUint64(&log[0], n) // from here on the entry is there
	return nil
}

func (h *history) log(which int) iter.Seq[historyEntry] {
	return func(yield func(historyEntry) bool) {
		log := h.logs[which]
		for _, e := range log[1 : 1+log[0]] {
			if !yield(historyEntry(e)) {
				return
			}
		}
	}
}
