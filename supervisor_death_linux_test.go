package multiproc_test

import (
	"context"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

func init() {
	scenarios["supervises branches"] = func() {
		multiproc.Main(func(ctx context.Context) error {
			s := must(grow.Supervise(ctx, branch{Name: "d", Below: 1}, multiproc.SupervisorConfig{}))
			return s.Wait(context.Background())
		})
	}
}

func TestSupervise_processesDieWithTheirSupervisor(t *testing.T) {
	k := startKin(t, scenario(t, "supervises branches"))
	k.meet(branch{Name: "d", Below: 1}.names()...)
	k.signal("first", unix.SIGKILL)
	k.allGone()
}
