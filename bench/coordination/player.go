package coordination

import (
	"context"
	"fmt"
	"strconv"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// What there is to make passes with.
var passes = map[string]func(ctx context.Context, s *ipc.Space) (stage.Passes, error){
	"reads":            openReads,
	"mix":              openMix,
	"semaphore":        semaphore(1),
	"semaphore-of-two": semaphore(2),
}

// player makes passes with one of these. Its arguments are which, the file, the
// work, and the work's own.
func player(ctx context.Context, args []string) error {
	if len(args) < 3 || passes[args[0]] == nil {
		return fmt.Errorf("player %q: want KIND FILE WORK [ARGUMENT...]", args)
	}
	s, err := ipc.Open(ctx, args[1], ipc.SpaceConfig{})
	if err != nil {
		return err
	}
	p, err := passes[args[0]](ctx, s)
	if err != nil {
		return err
	}
	return stage.Play(p, args[2:])
}

// A turn is that of the player of this index.
type turn func(ctx context.Context, index int) error

// What there is to take turns with.
var turns = map[string]func(ctx context.Context, s *ipc.Space, parties int) (turn, error){
	"pingpong":  openGame,
	"broadcast": openAssembly,
	"barrier":   openBarrier,
}

// party takes turns with one of these. Its arguments are which, how many parties
// there are, the file, the work, and the work's own.
func party(ctx context.Context, args []string) error {
	if len(args) < 4 || turns[args[0]] == nil {
		return fmt.Errorf("party %q: want KIND PARTIES FILE WORK [ARGUMENT...]", args)
	}
	parties, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	s, err := ipc.Open(ctx, args[2], ipc.SpaceConfig{})
	if err != nil {
		return err
	}
	t, err := turns[args[0]](ctx, s, parties)
	if err != nil || args[3] == "make" { // which opening has done
		return err
	}
	return stage.Join(func(index int) error { return t(ctx, index) }, args[4:])
}
