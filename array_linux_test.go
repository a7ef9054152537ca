package multiproc_test

import (
	"context"
	"testing"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

// Grid is an input with memory to share.
type Grid struct {
	Cells *ipc.Array[int64]
	Lock  *ipc.Mutex // the array's
	None  *ipc.Array[float64]
	Row   int
}

var countRow = multiproc.Func("countRow", func(ctx context.Context, g Grid) (bool, error) {
	cells := g.Cells.Slice()
	for range 1000 {
		guard, err := g.Lock.Lock(ctx)
		if err != nil {
			return false, err
		}
		cells[0]++
		cells[g.Row]++
		if err := guard.Unlock(); err != nil {
			return false, err
		}
	}
	return g.None == nil, nil
})

func TestStart_arraysInTheInputShareTheirMemory(t *testing.T) {
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	cells, err := ipc.OpenArray[int64](t.Context(), space, "", 200_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Delete(context.Background(), cells.Name()) })
	var running []*multiproc.Process[bool]
	for row := 1; row <= 3; row++ {
		p, err := countRow.Start(t.Context(), Grid{Cells: cells, Lock: cells.Mutex(), Row: row})
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, p)
	}
	for _, p := range running {
		if isNil, err := p.Wait(within(t)); !isNil || err != nil {
			t.Fatalf("the nil handle is nil: %v; %v", isNil, err)
		}
	}
	for i, want := range []int64{3000, 1000, 1000, 1000, 0} {
		if got := cells.Slice()[i]; got != want {
			t.Errorf("cell %d is %d, not %d", i, got, want)
		}
	}
}
