//go:build explore

package explore

import (
	"context"
	"fmt"
)

// verify looks at what a run has left behind: a survivor sweeps, the space is
// whole, the history is one that the objects allow, and nothing is left of the
// dead.
func (w *World) verify(c Case) error {
	if c.Model.Step != nil || c.Model.Steps != nil {
		if err := w.history.check(c.Model); err != nil {
			return err
		}
	}
	for id, p := range w.Processes {
		if w.Dead[id] || w.Closed[id] {
			continue
		}
		p.Space.Bury()
		if err := p.Space.Check(context.Background()); err != nil {
			return fmt.Errorf("afterwards: %w", err)
		}
		if stats, err := p.Space.Stats(context.Background()); err != nil || len(stats.Processes) != w.alive() {
			return fmt.Errorf("afterwards: %d processes are in the space, %d live (%v)", len(stats.Processes), w.alive(), err)
		}
	}
	if c.After != nil {
		return c.After(w)
	}
	return nil
}

func (w *World) alive() (n int) {
	for id, dead := range w.Dead {
		if !dead && (!w.Closed[id] || w.Keeps[id]) {
			n++
		}
	}
	return n
}
