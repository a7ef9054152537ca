package multiproc

import (
	"errors"
	"fmt"
	"time"
)

// SupervisorConfig says what Supervise keeps running. The zero value of a field
// is its default.
type SupervisorConfig struct {
	Processes int           // default 1
	Always    bool          // start again after a nil error too
	MaxFails  int           // it gives up at this many failures, of all processes together, within Window; default 10, negative: never
	Window    time.Duration // default 1 minute
	Backoff   time.Duration // before a restart; doubles with each failure of the same process in a row, up to 64 times; default 10 ms

	// OnExit, if set, is told of each end of a process, with nil after a good one:
	// a nil error, or an end that was meant, by Stop, Resize, Restart or the
	// context. Its calls come one at a time, and while one lasts the supervisor
	// goes on. It may call the Supervisor's methods, but not Wait, which waits for
	// it.
	OnExit func(p Info, err error)
}

// withDefaults returns the configuration with its defaults in place.
func (c SupervisorConfig) withDefaults() (SupervisorConfig, error) {
	var wrong []error
	refuse := func(field string, value any) {
		wrong = append(wrong, fmt.Errorf("SupervisorConfig.%s is %v: negative", field, value))
	}
	switch {
	case c.Processes < 0:
		refuse("Processes", c.Processes)
	case c.Processes == 0:
		c.Processes = 1
	}
	if c.MaxFails == 0 {
		c.MaxFails = 10
	}
	switch {
	case c.Window < 0:
		refuse("Window", c.Window)
	case c.Window == 0:
		c.Window = time.Minute
	}
	switch {
	case c.Backoff < 0:
		refuse("Backoff", c.Backoff)
	case c.Backoff == 0:
		c.Backoff = 10 * time.Millisecond
	}
	return c, errors.Join(wrong...)
}
