package locks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/multiproc-go/multiproc/bench/internal/kernel"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// player does the works of peers/c/locks/player.h with a lock of Go's. Its arguments
// are which lock, its file, the work, and the work's own.
func player(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return errors.New("player: KIND FILE WORK [ARGUMENT...]")
	}
	l, err := openLock(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	switch work := args[2]; {
	case work == "hold" && len(args) == 4:
		mib, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return hold(l, mib)
	case work == "await":
		return await(l)
	}
	return stage.Play(l.passes, args[2:])
}

func hold(l lock, mib int) error {
	memory := make([]byte, mib<<20)
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
	if err := l.lock(); err != nil {
		return err
	}
	fmt.Println("held")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func await(l lock) error {
	clock, err := kernel.NewClock()
	if err != nil {
		return err
	}
	fmt.Println("waiting")
	if err := l.lock(); err != nil {
		return err
	}
	fmt.Println(clock.Now())
	return nil
}
