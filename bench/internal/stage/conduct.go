package stage

import (
	"context"
	"fmt"
	"strconv"
)

// Conduct opens a stage for a contestant whose arguments are so many numbers, a
// word, and a player's command.
func Conduct(ctx context.Context, args []string, count int, play func(s *Stage, numbers []int, word string) error) error {
	if len(args) < count+2 {
		return fmt.Errorf("%q: want %d numbers, a word and a player", args, count)
	}
	numbers, err := Numbers(args[:count])
	if err != nil {
		return err
	}
	s, err := New(ctx, args[count+1:])
	if err != nil {
		return err
	}
	defer s.Close()
	return play(s, numbers, args[count])
}

// Numbers are arguments that are all numbers.
func Numbers(args []string) ([]int, error) {
	var all []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}
