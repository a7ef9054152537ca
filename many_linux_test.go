package multiproc_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/internal/leak"
	"github.com/multiproc-go/multiproc/ipc"
)

// fill returns a result that does not fit into a socket, and exits right after.
var fill = multiproc.Func("fill", func(_ context.Context, b byte) ([]byte, error) {
	return bytes.Repeat([]byte{b}, 1<<20), nil
})

func TestStart_aThousandTimesLosesNoResultAndLeavesNothing(t *testing.T) {
	if _, err := fill.Call(within(t), 0); err != nil { // the guard and the thread that forks stay
		t.Fatal(err)
	}
	leak.Check(t, leak.Files(os.TempDir(), "*multiproc*"))

	const starts, atATime = 1000, 50
	var running sync.WaitGroup
	places := make(chan struct{}, atATime)
	for i := range starts {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			var opts []multiproc.Option
			if i%2 == 0 {
				opts = append(opts, multiproc.Daemon())
			}
			p, err := fill.Start(t.Context(), byte(i), opts...)
			if err != nil {
				t.Errorf("start %d: %v", i, err)
				return
			}
			got, err := p.Wait(within(t))
			if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{byte(i)}, 1<<20)) {
				t.Errorf("start %d: a result of %d bytes, %v", i, len(got), err)
			}
		})
	}
	running.Wait()
}

// A Visit is what each of many processes does in the family's space.
type Visit struct {
	Count *ipc.Int64
	Leave *ipc.Event
}

var visit = multiproc.Func("visit", func(ctx context.Context, v Visit) (multiproc.None, error) {
	if _, err := v.Count.Add(ctx, 1); err != nil {
		return multiproc.None{}, err
	}
	return multiproc.None{}, v.Leave.Wait(ctx)
})

func TestFamily_isSharedByAThousandProcessesAtOnce(t *testing.T) {
	space, err := ipc.Family()
	if err != nil {
		t.Fatal(err)
	}
	count, err1 := ipc.OpenInt64(t.Context(), space, "")
	leave, err2 := ipc.OpenEvent(t.Context(), space, "")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	var running []*multiproc.Process[multiproc.None]
	for range visitors {
		p, err := visit.Start(t.Context(), Visit{count, leave}, multiproc.Daemon())
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, p)
	}
	eventually(t, "all are there", func() bool {
		n, err := count.Load(t.Context())
		return n == visitors && err == nil
	})
	stats, err := space.Stats(t.Context())
	if err != nil || len(stats.Processes) < visitors+1 {
		t.Errorf("Stats know %d processes, %v; want %d", len(stats.Processes), err, visitors+1)
	}
	if err := leave.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range running {
		if _, err := p.Wait(within(t)); err != nil {
			t.Error(err)
		}
	}
	if err := space.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
