package values

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// clones is bytes of this one process under a sync.Mutex, loaded into a new slice
// as a Value's are: what a Load in Go costs without the sharing. Its arguments are a
// player's.
func clones(_ context.Context, args []string) error {
	if len(args) < 4 {
		return errors.New("clones: load|store SIZE FILE WORK [ARGUMENT...]")
	}
	n, err := stage.Numbers(args[1:2])
	if err != nil {
		return err
	}
	var m sync.Mutex
	shared, own := make([]byte, n[0]), make([]byte, n[0])
	pass := func() { runtime.KeepAlive(bytes.Clone(shared)) }
	if args[0] == store {
		pass = func() { copy(shared, own) }
	}
	return stage.Play(func(n int) error {
		for range n {
			m.Lock()
			pass()
			m.Unlock()
		}
		return nil
	}, args[3:])
}
