package locks

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// alone has one player lock and unlock, and prints what it prints: the ns of a
// pair, many times. Its arguments are how many pairs make one figure, few enough
// that most figures are those of a process that was not interrupted, and the
// player's command.
func alone(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errors.New("alone wants a number and players")
	}
	s, err := newStage(ctx, args[1:])
	if err != nil {
		return err
	}
	defer s.close()
	line := s.line("uncontended", "200", args[0])
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
