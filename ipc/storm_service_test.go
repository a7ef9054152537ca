//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	stormSteps = append(stormSteps, (*storm).service)
	stormChecks = append(stormChecks, checkStormService)
}

const (
	stormAsked    = "asked"
	stormServed   = "served"
	stormAnswered = "answered"
)

// service calls, or serves for a while. What is served is counted before it is
// answered, what is answered after.
func (st *storm) service() error {
	v, err := ipc.OpenService[int64, []int64](background, st.s, "storm's service")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(background, time.Duration(st.lots.IntN(10_000_000)))
	defer cancel()
	if st.lots.IntN(2) == 0 {
		return v.Serve(ctx, func(ctx context.Context, n int64) ([]int64, error) {
			if err := st.count(stormServed); err != nil {
				return nil, err
			}
			switch n % 10 {
			case 0:
				return nil, errWork
			case 1:
				<-ctx.Done()
			}
			return make([]int64, n), nil
		})
	}
	if err := st.count(stormAsked); err != nil {
		return err
	}
	n := int64(st.lots.IntN(100))
	answer, err := v.Call(ctx, n)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.As(err, new(*ipc.ServiceError)):
		if n%10 != 0 {
			return nil // it has ended three who were killed; or its server's context was over
		}
	case err != nil:
		return err
	case int64(len(answer)) != n || n%10 == 0:
		return fmt.Errorf("%d numbers came back for %d", len(answer), n)
	}
	return st.count(stormAnswered)
}

func (st *storm) count(name string) error {
	n, err := ipc.OpenInt64(background, st.s, name)
	if err == nil {
		_, err = n.Add(background, 1)
	}
	return err
}

// checkStormService: what was answered was served, and nothing was served that nobody
// had asked for, or twice unless a process died.
func checkStormService(t *testing.T, s *ipc.Space, kills int) {
	asked, served, answered := stormNumber(t, s, stormAsked), stormNumber(t, s, stormServed), stormNumber(t, s, stormAnswered)
	t.Logf("%d calls, %d served, %d answered", asked, served, answered)
	if served < answered || served > asked+int64(kills) || answered == 0 {
		t.Error("calls were answered that nobody had served, or served that nobody had made")
	}
	stats, err := s.Stats(background)
	must(t, err)
	for _, o := range stats.Objects {
		if o.Name == "storm's service" && o.Len != 0 {
			t.Errorf("calls are left: %+v", o)
		}
	}
}
