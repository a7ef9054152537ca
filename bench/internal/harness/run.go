package harness

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hang is how long a contestant may take for one round before it is given up.
const hang = 2 * time.Minute

// Run holds a race over so many rounds and returns its rows. In each round every
// contestant has its turn, each time beginning with another one, so that whatever
// else the machine does meets all of them alike.
func Run(ctx context.Context, race Race, rounds int) ([]Row, error) {
	contestants := []Contestant{race.Ours}
	for _, peer := range race.Peers {
		contestants = append(contestants, peer.Contestant)
	}
	figures := make([][][]float64, len(contestants))
	for round := range rounds {
		for turn := range contestants {
			i := (round + turn) % len(contestants)
			if contestants[i].Missing != "" {
				continue
			}
			took, err := contestants[i].run(ctx, race.OneCore)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", race.Work, contestants[i].Name, err)
			}
			figures[i] = append(figures[i], took)
		}
	}
	return race.rows(figures), nil
}

// run has the contestant do its work and returns the figures that it printed.
func (c Contestant) run(ctx context.Context, oneCore bool) ([]float64, error) {
	ctx, stop := context.WithTimeout(ctx, hang)
	defer stop()
	command := c.Command
	if oneCore {
		command = append([]string{"taskset", "--cpu-list", "0"}, command...)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	var figures []float64
	for word := range strings.FieldsSeq(string(out)) {
		if word == Never {
			figures = append(figures, math.Inf(1))
			continue
		}
		f, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("it printed what is no figure: %w", err)
		}
		figures = append(figures, f)
	}
	if len(figures) == 0 {
		return nil, errors.New("it printed no figure")
	}
	return figures, nil
}

// median of a list that is not empty; of an even number, the upper one.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
