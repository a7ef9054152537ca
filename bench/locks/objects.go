package locks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// bytes prints what each of so many objects of a kind adds to the space.
func bytes(ctx context.Context, args []string) error {
	number, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return inSpace(ctx, func(s *ipc.Space, _ string) error {
		before, err := s.Stats(ctx)
		if err != nil {
			return err
		}
		handles, err := makeMany(ctx, s, args[0], number)
		if err != nil {
			return err
		}
		after, err := s.Stats(ctx)
		if err != nil {
			return err
		}
		fmt.Println(float64(after.Used-before.Used) / float64(len(handles)))
		return nil
	})
}

// makeMany makes objects named by their numbers, and returns their handles.
func makeMany(ctx context.Context, s *ipc.Space, kind string, number int) ([]any, error) {
	makers := map[string]func(name string) (any, error){
		"mutex": func(name string) (any, error) { return ipc.OpenMutex(ctx, s, name) },
		"event": func(name string) (any, error) { return ipc.OpenEvent(ctx, s, name) },
		"int64": func(name string) (any, error) { return ipc.OpenInt64(ctx, s, name) },
	}
	handles := make([]any, number)
	for i := range handles {
		h, err := makers[kind](strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		handles[i] = h
	}
	return handles, nil
}

// open makes so many mutexes, opens some of them by name as another user of the
// space, and prints the microseconds that each takes.
func open(ctx context.Context, args []string) error {
	n, err := stage.Numbers(args)
	if err != nil || len(n) != 2 {
		return errors.Join(errors.New("open: NUMBER TIMES"), err)
	}
	return inSpace(ctx, func(s *ipc.Space, file string) error {
		if _, err := makeMany(ctx, s, "mutex", n[0]); err != nil {
			return err
		}
		other, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
		if err != nil {
			return err
		}
		defer func() { _ = other.Close() }()
		for _, i := range rand.Perm(n[0])[:n[1]] {
			name := strconv.Itoa(i)
			begin := time.Now()
			if _, err := ipc.OpenMutex(ctx, other, name); err != nil {
				return err
			}
			fmt.Println(float64(time.Since(begin)) / 1e3)
		}
		return nil
	})
}

// inSpace calls f with a space of its own.
func inSpace(ctx context.Context, f func(s *ipc.Space, file string) error) error {
	dir, err := stage.Scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is the system's place for what may be left
	file := dir + "/space"
	s, err := ipc.Open(ctx, file, ipc.SpaceConfig{})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return f(s, file)
}
