package locks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// watched is how long those who wait are watched.
const watched = 500 * time.Millisecond

// crowd has so many goroutines wait for one lock. It prints the threads that this
// takes, the milliseconds until all wait, the percentage of a processor that they
// use then, and the milliseconds in which all get the lock.
func crowd(ctx context.Context, args []string) error { return crowdOn(ctx, args, 1) }

// spread has each wait for a lock of its own.
func spread(ctx context.Context, args []string) error {
	locks, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return crowdOn(ctx, args, locks)
}

func crowdOn(ctx context.Context, args []string, locks int) error {
	goroutines, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return inSpace(ctx, func(s *ipc.Space, _ string) error { return wait(ctx, s, goroutines, locks) })
}

func wait(ctx context.Context, s *ipc.Space, goroutines, locks int) error {
	held, guards, err := holdMany(ctx, s, locks)
	if err != nil {
		return err
	}
	begin := time.Now()
	done := make(chan error)
	for i := range goroutines {
		go func() { done <- pass(ctx, held[i%locks]) }()
	}
	if err := untilWaiting(ctx, s, goroutines); err != nil {
		return err
	}
	took := time.Since(begin)
	share, err := processorShare(watched)
	if err != nil {
		return err
	}
	threads, err := threads()
	if err != nil {
		return err
	}
	begin = time.Now()
	for _, g := range guards {
		err = errors.Join(err, g.Unlock())
	}
	for range goroutines {
		err = errors.Join(err, <-done)
	}
	fmt.Println(threads, took.Seconds()*1e3, share, time.Since(begin).Seconds()*1e3)
	return err
}

func holdMany(ctx context.Context, s *ipc.Space, n int) (held []*ipc.Mutex, guards []ipc.Guard, err error) {
	for range n {
		m, err := ipc.OpenMutex(ctx, s, "")
		if err != nil {
			return nil, nil, err
		}
		g, err := m.Lock(ctx)
		if err != nil {
			return nil, nil, err
		}
		held, guards = append(held, m), append(guards, g)
	}
	return held, guards, nil
}

func pass(ctx context.Context, m *ipc.Mutex) error {
	g, err := m.Lock(ctx)
	if err != nil {
		return err
	}
	return g.Unlock()
}

// untilWaiting returns when so many goroutines wait in s.
func untilWaiting(ctx context.Context, s *ipc.Space, goroutines int) error {
	for {
		stats, err := s.Stats(ctx)
		if err != nil {
			return err
		}
		waiting := 0
		for _, o := range stats.Objects {
			waiting += o.Waiters
		}
		if waiting == goroutines {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
}

// processorShare is the percentage of a processor that this process uses for so
// long.
func processorShare(d time.Duration) (float64, error) {
	before, err := kernel.ProcessorTime()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	time.Sleep(d)
	after, err := kernel.ProcessorTime()
	return 100 * (after - before).Seconds() / time.Since(begin).Seconds(), err
}

func threads() (n int, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "Threads: %d", &n); err == nil {
			return n, nil
		}
	}
	return 0, errors.New("no Threads in /proc/self/status")
}
