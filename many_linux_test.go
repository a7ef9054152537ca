package multiproc_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/internal/leak"
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
