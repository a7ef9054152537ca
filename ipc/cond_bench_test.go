//go:build linux

package ipc_test

import (
	"strconv"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() { roles["partner"] = partner }

func BenchmarkCond_signalsNobody(b *testing.B) {
	m := openMeeting(b, "nobody")
	b.ReportAllocs()
	for b.Loop() {
		m.cond.Signal(background)
	}
}

// BenchmarkCond_turns has two processes take turns: each waits until it is its turn
// and gives the other one its own, so that one of them is two Waits and two Signals.
func BenchmarkCond_turns(b *testing.B) {
	m := openMeeting(b, "turns")
	turn, err := ipc.OpenInt64(background, family(b), "turn")
	must(b, err)
	c := start(b, "partner")
	c.tell("%d", b.N)
	c.expect("here")
	b.ResetTimer()
	must(b, takeTurns(m.lock, m.cond, turn, 0, b.N))
	b.StopTimer()
	c.expect("done")
	must(b, family(b).Delete(background, "turn"))
}

func partner(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	times, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenMutex(background, s, "turns's lock")
	if err != nil {
		return err
	}
	c, err := ipc.OpenCond(background, s, "turns")
	if err != nil {
		return err
	}
	turn, err := ipc.OpenInt64(background, s, "turn")
	if err != nil {
		return err
	}
	say("here")
	if err := takeTurns(m, c, turn, 1, times); err != nil {
		return err
	}
	say("done")
	return nil
}

func takeTurns(m *ipc.Mutex, c *ipc.Cond, turn *ipc.Int64, mine int64, times int) error {
	for range times {
		g, err := m.Lock(background)
		if err != nil {
			return err
		}
		err = c.WaitFor(background, &g, func() bool {
			v, err := turn.Load(background)
			return err != nil || v == mine
		})
		if err != nil {
			return err
		}
		if err := turn.Store(background, 1-mine); err != nil {
			return err
		}
		if err := c.Signal(background); err != nil {
			return err
		}
		if err := g.Unlock(); err != nil {
			return err
		}
	}
	return nil
}
