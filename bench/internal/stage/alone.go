package stage

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// Alone is a conductor that has one player make passes, and prints what it prints:
// the ns of one, many times. Its arguments are how many passes make one figure, few
// enough that most figures are those of a process that was not interrupted, and the
// player's command.
func Alone(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errors.New("alone wants a number and a player")
	}
	s, err := New(ctx, args[1:])
	if err != nil {
		return err
	}
	defer s.Close()
	line := s.line("uncontended", "200", args[0])
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
