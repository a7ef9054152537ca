package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/multiproc-go/multiproc"
)

func ExampleSupervisor() {
	ctx := context.Background()
	s, err := wait.Supervise(ctx, multiproc.None{}, multiproc.SupervisorConfig{Processes: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Resize(3); err != nil {
		fmt.Println(err)
	}
	for _, p := range s.Processes() {
		fmt.Println(p.Name)
	}
	fmt.Println(s.Stop(ctx), s.Wait(ctx))
	// Output:
	// wait-1
	// wait-2
	// wait-3
	// <nil> <nil>
}

// A supervisor gives up on a function that fails again and again, and says why.
func ExampleSupervisorConfig() {
	ctx := context.Background()
	s, err := crash.Supervise(ctx, multiproc.None{}, multiproc.SupervisorConfig{
		MaxFails: 3,
		Window:   time.Minute,
		Backoff:  time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = s.Wait(ctx)
	var exit *multiproc.ExitError
	fmt.Println(errors.As(err, &exit), exit.Exit, s.Restarts())
	// Output: true signal: killed 2
}
