package coordination

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// goroutines is sync.RWMutex at the work of so many players, as goroutines of this
// one process, for so many milliseconds. Its last argument is reads or mix.
func goroutines(_ context.Context, args []string) error {
	if len(args) != 3 {
		return errors.New("goroutines: NUMBER MILLISECONDS reads|mix")
	}
	n, err := stage.Numbers(args[:2])
	if err != nil {
		return err
	}
	var m sync.RWMutex
	took := time.Duration(n[1]) * time.Millisecond
	begin := time.Now().Add(time.Millisecond) // when all of them are there
	scores, errs := make([]stage.Score, n[0]), make([]error, n[0])
	var all sync.WaitGroup
	for i := range scores {
		all.Go(func() {
			passes, err := inProcess(&m, args[2])
			if err == nil {
				scores[i], err = passes.Between(begin, begin.Add(took))
			}
			errs[i] = err
		})
	}
	all.Wait()
	stage.PrintScores(scores, took)
	return errors.Join(errs...)
}

func inProcess(m *sync.RWMutex, work string) (stage.Passes, error) {
	reads := func(n int) error {
		for range n {
			m.RLock()
			m.RUnlock() //nolint:staticcheck // an empty section is what is measured
		}
		return nil
	}
	switch work {
	case "reads":
		return reads, nil
	case "mix":
		return mixed(reads, func() error {
			m.Lock()
			m.Unlock() //nolint:staticcheck // an empty section is what is measured
			return nil
		}), nil
	}
	return nil, fmt.Errorf("sync.RWMutex has no work %q", work)
}
