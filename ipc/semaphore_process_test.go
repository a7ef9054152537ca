//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["permits"] = permitHolder
	roles["permit stream"] = permitStream
	roles["permit adder"] = permitAdder
}

func openSemaphore(t testing.TB, name string, permits int) *ipc.Semaphore {
	t.Helper()
	m, err := ipc.OpenSemaphore(background, family(t), name, permits)
	must(t, err)
	t.Cleanup(func() { family(t).Delete(background, m.Name()) })
	return m
}

func available(t testing.TB, m *ipc.Semaphore, want int) {
	t.Helper()
	if n, err := m.Available(background); n != want || err != nil {
		t.Errorf("%d permits are free (%v), want %d", n, err, want)
	}
}

// permitHolder gets a semaphore's handle, and then does what it is told: a verb and
// a number.
func permitHolder(_ *ipc.Space, hear func() string, say func(string, ...any)) error {
	var m ipc.Semaphore
	var data []byte
	if _, err := fmt.Sscanf(hear(), "%x", &data); err != nil {
		return err
	}
	if err := m.UnmarshalBinary(data); err != nil {
		return err
	}
	for {
		var verb string
		var n int
		if _, err := fmt.Sscanf(hear(), "%s %d", &verb, &n); err != nil {
			return err
		}
		var err error
		switch verb {
		case "acquire":
			err = m.Acquire(background, n)
		case "try":
			err = m.TryAcquire(background, n)
		case "release":
			err = m.Release(background, n)
		}
		say("%s %d: %v", verb, n, err)
	}
}

// startHolder starts a process that has the semaphore's handle.
func startHolder(t testing.TB, m *ipc.Semaphore) *child {
	t.Helper()
	data, err := m.MarshalBinary()
	must(t, err)
	c := start(t, "permits")
	c.tell("%x", data)
	return c
}

// permitStream takes and gives back permits without end, in two goroutines: up to
// most at a time, each time for as many microseconds as it is told. It looks whether
// more were out than there are, and says so when it is asked.
func permitStream(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	name, numbers, _ := strings.Cut(hear(), " ")
	var permits, most, micros int
	var seed uint64
	if _, err := fmt.Sscanf(numbers, "%d %d %d %d", &permits, &most, &micros, &seed); err != nil {
		return err
	}
	m, err := ipc.OpenSemaphore(background, s, name, permits)
	if err != nil {
		return err
	}
	out, err := ipc.OpenInt64(background, s, name+" out")
	if err != nil {
		return err
	}
	const goroutines = 2
	wrong := make(chan error, goroutines)
	for g := range uint64(goroutines) {
		go func() {
			lots := rand.New(rand.NewPCG(seed, g))
			for {
				if err := takeSome(m, out, 1+lots.IntN(most), permits, time.Duration(micros)*time.Microsecond); err != nil {
					wrong <- err
					return
				}
			}
		}()
	}
	say("taking")
	hear()
	select {
	case err := <-wrong:
		say("%v", err)
	default:
		say("all is well")
	}
	select {}
}

// takeSome takes n permits for some time, while out counts those that are out.
func takeSome(m *ipc.Semaphore, out *ipc.Int64, n, permits int, hold time.Duration) error {
	if err := m.Acquire(background, n); err != nil {
		return err
	}
	now, err := out.Add(background, int64(n))
	if hold > 0 {
		time.Sleep(hold) // what they are for takes its time
	}
	if now > int64(permits) {
		return fmt.Errorf("%d permits of %d are out", now, permits)
	}
	_, gone := out.Add(background, -int64(n))
	return errors.Join(err, gone, m.Release(background, n))
}

func startStream(t testing.TB, name string, permits, most, micros int, seed uint64) *child {
	t.Helper()
	c := start(t, "permit stream")
	c.tell("%s %d %d %d %d", name, permits, most, micros, seed)
	c.expect("taking")
	return c
}

// permitAdder adds to a number, in two steps, with the one permit.
func permitAdder(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	times, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	m, err := ipc.OpenSemaphore(background, s, "as a lock", 1)
	if err != nil {
		return err
	}
	n, err := ipc.OpenInt64(background, s, "as a lock's sum")
	if err != nil {
		return err
	}
	for range times {
		if err := m.Acquire(background, 1); err != nil {
			return err
		}
		v, err := n.Load(background)
		if err := errors.Join(err, n.Store(background, v+1), m.Release(background, 1)); err != nil {
			return err
		}
	}
	say("done")
	return nil
}
