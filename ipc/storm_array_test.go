//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).array, (*storm).passingArray)
	stormChecks = append(stormChecks, arrayAfterTheStorm)
}

const stormElements = 1000

// array adds one to all elements under the array's lock: where nobody died they are
// the same.
func (st *storm) array() error {
	a, err := ipc.OpenArray[int64](background, st.s, "storm's array", stormElements)
	if err != nil {
		return err
	}
	g, err := a.Mutex().Lock(background)
	if err != nil {
		return err
	}
	elements := a.Slice()
	if first, last := elements[0], elements[stormElements-1]; first != last && !g.Abandoned() {
		return fmt.Errorf("the array begins with %d and ends with %d, and nobody died", first, last)
	}
	next := elements[0] + 1
	for i := range elements {
		elements[i] = next
	}
	return g.Unlock()
}

// passingArray makes an array of a size of its own, small or of several chunks, that
// others make and delete at the same time.
func (st *storm) passingArray() error {
	kind := st.lots.IntN(3)
	name, n := fmt.Sprint("storm's passing array ", kind), []int{10, 10_000, 300_000}[kind]
	a, err := ipc.OpenArray[int64](background, st.s, name, n)
	if err != nil {
		return err
	}
	if st.lots.IntN(8) == 0 { // and keep its memory until the process is killed
		if v := a.Slice()[n-1]; v != 0 && v != int64(kind)+1 {
			return fmt.Errorf("%s ends with %d", name, v)
		}
		a.Slice()[n-1] = int64(kind) + 1
	}
	if err := st.s.Delete(background, name); err != nil && !errors.Is(err, ipc.ErrNotFound) {
		return err
	}
	return nil
}

func arrayAfterTheStorm(t *testing.T, s *ipc.Space, kills int) {
	a, err := ipc.OpenArray[int64](background, s, "storm's array", stormElements)
	must(t, err)
	g, err := a.Mutex().TryLock(background)
	must(t, err)
	if elements := a.Slice(); !g.Abandoned() {
		must(t, arrayIs(elements, elements[0]))
		t.Logf("the array has been changed %d times", elements[0])
	}
	must(t, g.Unlock())
}
