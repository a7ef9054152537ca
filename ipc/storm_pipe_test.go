//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).pipe)
	stormChecks = append(stormChecks, checkStormPipes)
}

// letter is what stormers send one another. Numbers of one sender rise.
type letter struct {
	Sender int64
	Number int64
	Filled []byte
}

// mailbox is this stormer's own pipe, if it has made one. Its far end is handed out by a
// value, as bytes: not as one should, but as all who come may take it or come too late.
var mailbox struct {
	near  *ipc.Conn[string, letter]
	far   *ipc.Conn[letter, string]
	me    int64
	last  map[int64]int64 // numbers that came, by sender
	sends int64
}

func (st *storm) pipe() error {
	v, err := ipc.OpenValue[[]byte](background, st.s, fmt.Sprint("storm's mailbox ", st.lots.IntN(3)))
	if err != nil {
		return err
	}
	switch n := st.lots.IntN(8); {
	case n == 0 || mailbox.near == nil:
		return st.newMailbox(v)
	case n < 5:
		return st.post(v)
	}
	return st.empty()
}

func (st *storm) newMailbox(v *ipc.Value[[]byte]) (err error) {
	if mailbox.near != nil {
		if err := errors.Join(mailbox.far.Close(), st.empty(), mailbox.near.Close()); err != nil {
			return err
		}
	}
	mailbox.me = st.lots.Int64()
	mailbox.last = make(map[int64]int64)
	if mailbox.near, mailbox.far, err = ipc.NewPipe[string, letter](background, st.s); err != nil {
		return err
	}
	data, err := mailbox.far.MarshalBinary()
	if err != nil {
		return err
	}
	return v.Store(background, data)
}

// post sends a letter to whoever has a mailbox there.
func (st *storm) post(v *ipc.Value[[]byte]) error {
	data, err := v.Load(background)
	if err != nil || len(data) == 0 {
		return err
	}
	var far ipc.Conn[letter, string]
	if err := far.UnmarshalBinary(data); err != nil {
		if errors.Is(err, ipc.ErrNotFound) || errors.Is(err, ipc.ErrClosed) {
			return nil // it is gone
		}
		return err
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(20_000_000)))
	defer cancel()
	for range st.lots.IntN(4) {
		mailbox.sends++
		err := far.Send(ctx, letter{mailbox.me, mailbox.sends, filled(st.lots.IntN(20_000))})
		if err == io.ErrClosedPipe || errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			return err
		}
	}
	return far.Close()
}

// empty reads what has come.
func (st *storm) empty() error {
	for {
		ready, err := mailbox.near.Poll(background)
		if err != nil || !ready {
			return err
		}
		l, err := mailbox.near.Recv(background)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := isFilled(l.Filled); err != nil {
			return err
		}
		if l.Number <= mailbox.last[l.Sender] {
			return fmt.Errorf("letter %d of %d comes after %d", l.Number, l.Sender, mailbox.last[l.Sender])
		}
		mailbox.last[l.Sender] = l.Number
		n, err := ipc.OpenInt64(background, st.s, stormLetters)
		if err != nil {
			return err
		}
		if _, err := n.Add(background, 1); err != nil {
			return err
		}
	}
}

const stormLetters = "storm's letters" // that have come

// checkStormPipes looks whether pipes are left, though all who had one are dead.
func checkStormPipes(t *testing.T, s *ipc.Space, _ int) {
	letters := stormNumber(t, s, stormLetters)
	t.Logf("%d letters came", letters)
	if letters == 0 {
		t.Error("no letter came")
	}
	stats, err := s.Stats(background)
	must(t, err)
	for _, o := range stats.Objects {
		if o.Kind == "pipe" {
			t.Errorf("a pipe is left: %+v", o)
		}
	}
}
