//go:build linux

package ipc_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["value updater"] = valueUpdater
	roles["value storer"] = valueStorer
	roles["value reader"] = valueReader
	roles["value doubler"] = valueDoubler
}

// valueUpdater adds one so many times.
func valueUpdater(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	v, err := ipc.OpenValue[map[string]int](background, s, "updated")
	if err != nil {
		return err
	}
	var times int
	if _, err := fmt.Sscan(hear(), &times); err != nil {
		return err
	}
	for range times {
		if err := v.Update(background, oneMore); err != nil {
			return err
		}
	}
	say("done")
	return nil
}

func oneMore(old map[string]int) (map[string]int, error) {
	return map[string]int{"n": old["n"] + 1}, nil
}

// valueStorer stores until it is killed.
func valueStorer(s *ipc.Space, _ func() string, say func(string, ...any)) error {
	v, err := ipc.OpenValue[[]byte](background, s, "filled")
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := v.Store(background, filled(n)); err != nil {
			return err
		}
		if n == 0 {
			say("storing")
		}
	}
}

// valueReader reads until it is told to end.
func valueReader(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	v, err := ipc.OpenValue[[]byte](background, s, "filled")
	if err != nil {
		return err
	}
	end := make(chan struct{})
	go func() {
		hear()
		close(end)
	}()
	for n := 0; ; n++ {
		data, err := v.Load(background)
		if err == nil {
			err = isFilled(data)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			say("reading")
		}
		select {
		case <-end:
			say("ended")
			select {}
		default:
		}
	}
}

func TestUpdate_isExactWhereManyProcessesUpdate(t *testing.T) {
	const processes, times = 3, 2000
	v := openValue[map[string]int](t, "updated")
	var children []*child
	for range processes {
		c := start(t, "value updater")
		c.tell("%d", times)
		children = append(children, c)
	}
	for range times {
		must(t, v.Update(background, oneMore))
	}
	for _, c := range children {
		c.expect("done")
	}
	if got, err := v.Load(background); got["n"] != (processes+1)*times || err != nil {
		t.Errorf("%v (%v), want %d", got, err, (processes+1)*times)
	}
}

func TestValue_isOldOrNewWhoeverIsKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	lots := rand.New(rand.NewPCG(seed, 0))
	v := openValue[[]byte](t, "filled")
	must(t, v.Store(background, filled(0)))
	reader := start(t, "value reader")
	reader.expect("reading")
	before := usedBytes(t)
	for range 40 {
		storer, victim := start(t, "value storer"), start(t, "value reader")
		storer.expect("storing")
		victim.expect("reading")
		for range lots.IntN(200) { // and then it is somewhere
			data, err := v.Load(background)
			must(t, err)
			must(t, isFilled(data))
		}
		storer.kill()
		victim.kill()
		data, err := v.Load(background)
		must(t, err)
		must(t, isFilled(data))
		storer.invitation.Ended()
		victim.invitation.Ended()
		must(t, v.Update(background, func(old []byte) ([]byte, error) { return old, isFilled(old) }))
	}
	reader.tell("end")
	reader.expect("ended")
	must(t, v.Store(background, filled(0)))
	must(t, family(t).Check(background))
	const chunk = 2 << 20
	if used := usedBytes(t); used > before+13*chunk { // each of the 40 had five or more; we keep some for ourselves
		t.Errorf("%d bytes are in use, %d before", used, before)
	}
}

func usedBytes(t *testing.T) int64 {
	stats, err := family(t).Stats(background)
	must(t, err)
	return stats.Used
}

func TestValue_waitsForNobodyWhoIsStopped(t *testing.T) {
	v := openValue[[]byte](t, "filled")
	must(t, v.Store(background, filled(0)))
	storer, reader := start(t, "value storer"), start(t, "value reader")
	storer.expect("storing")
	reader.expect("reading")
	for range 30 {
		storer.signal(syscall.SIGSTOP)
		reader.signal(syscall.SIGSTOP)
		for n := range 100 {
			must(t, v.Store(background, filled(n)))
			data, err := v.Load(background)
			must(t, err)
			must(t, isFilled(data))
			must(t, v.Update(background, func([]byte) ([]byte, error) { return filled(n + 1), nil }))
		}
		storer.signal(syscall.SIGCONT)
		reader.signal(syscall.SIGCONT)
	}
	storer.kill()
	reader.tell("end")
	reader.expect("ended") // nothing that it read was a mixture
	must(t, family(t).Check(background))
}

// What follows is what Python's own tests of Value ask.

type numbers struct {
	I int32
	D float64
	H int16
	C byte
	Q int64
}

type shared struct {
	X      int
	Y      float64
	Foo    numbers
	String string
	Array  []float64
}

// valueDoubler doubles everything, as the child of Python's test_sharedctypes does.
func valueDoubler(s *ipc.Space, _ func() string, say func(string, ...any)) error {
	v, err := ipc.OpenValue[shared](background, s, "shared")
	if err != nil {
		return err
	}
	err = v.Update(background, func(old shared) (shared, error) {
		old.X *= 2
		old.Y *= 2
		old.Foo.I *= 2
		old.Foo.D *= 2
		old.String += old.String
		for i := range old.Array {
			old.Array[i] *= 2
		}
		return old, nil
	})
	say("doubled")
	return err
}

func TestValue_theParentSeesWhatItsChildHasChanged(t *testing.T) {
	v := openValue[shared](t, "shared")
	first := shared{7, 1.0 / 3, numbers{3, 2.5, -232, 'x', 1 << 33}, "hello", []float64{0, 1, 2}}
	must(t, v.Store(background, first))
	copied, err := v.Load(background) // as test_copy has it: a copy stays what it is
	must(t, err)
	start(t, "value doubler").expect("doubled")
	got, err := v.Load(background)
	must(t, err)
	want := shared{14, 2.0 / 3, numbers{6, 5, -232, 'x', 1 << 33}, "hellohello", []float64{0, 2, 4}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if fmt.Sprint(copied) != fmt.Sprint(first) {
		t.Errorf("the copy is %+v by now", copied)
	}
}

func TestValue_holdsNumbersOfEveryCode(t *testing.T) {
	code(t, int32(4343), 24234)
	code(t, 3.625, -4.25)
	code(t, int16(-232), 234)
	code(t, byte('x'), byte('y'))
	code(t, int64(1)<<33, int64(1)<<34)
	code(t, uint64(math.MaxUint64), 0)
	code(t, float32(math.MaxFloat32), 0.5)
}

func code[T comparable](t *testing.T, first, then T) {
	t.Helper()
	v := openValue[T](t, "")
	for _, x := range []T{first, then} {
		must(t, v.Store(background, x))
		if got, err := v.Load(background); got != x || err != nil {
			t.Errorf("%v came back as %v (%v)", x, got, err)
		}
	}
}
