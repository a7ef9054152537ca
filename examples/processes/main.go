// Processes starts functions in processes of their own: a race of three runners,
// and somebody who sweeps the track.
//
//	go run ./examples/processes
//
// The parent goes first: Start returns without waiting for the child. The
// children run at the same time, and come in in any order. The runners' results
// are waited for; the sweeper's is not, and yet he gets to finish: Main waits for
// children that are no daemons before the program ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/multiproc-go/multiproc"
)

// A Runner is what a child is told. Arguments and results may be of any type
// that is data.
type Runner struct {
	Name string
	Laps int
}

const metresInALap = 400

// A function is registered in a package-level variable, so that the child, which
// is this program again, knows it too.
var race = multiproc.Func("race", func(_ context.Context, r Runner) (metres int, err error) {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until the parent says go
		return 0, err
	}
	fmt.Printf("  %s, process %d: %d laps done\n", r.Name, os.Getpid(), r.Laps)
	return r.Laps * metresInALap, nil
})

var sweep = multiproc.Func("sweep", func(_ context.Context, tool string) (multiproc.None, error) {
	fmt.Printf("  sweeper, process %d: the track is clean again, thanks to the %s\n", os.Getpid(), tool)
	return multiproc.None{}, nil
})

func main() { multiproc.Main(run) }

// run runs in the parent alone.
func run(ctx context.Context) error {
	ready, gun, err := os.Pipe() // the runners wait for its end
	if err != nil {
		return err
	}
	var runners []*multiproc.Process[int]
	for _, r := range []Runner{{"ada", 10}, {"ben", 20}, {"eve", 30}} {
		p, err := race.Start(ctx, r, multiproc.WithStdin(ready))
		if err != nil {
			return err
		}
		runners = append(runners, p)
	}

	fmt.Printf("parent, process %d: %d runners started, and I am still the first to speak. Go!\n", os.Getpid(), len(runners))
	if err := gun.Close(); err != nil {
		return err
	}

	total := 0
	for _, p := range runners {
		metres, err := p.Wait(ctx)
		if err != nil {
			return err
		}
		total += metres
	}
	fmt.Printf("parent, process %d: all have come in, after %d metres together\n", os.Getpid(), total)

	if _, err := sweep.Start(ctx, "broom"); err != nil {
		return err
	}
	fmt.Printf("parent, process %d: I do not wait for the sweeper\n", os.Getpid())
	return nil
}
