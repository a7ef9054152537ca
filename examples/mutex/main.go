// Mutex has three processes write blocks of lines to one page, under a lock.
//
//	go run ./examples/mutex           no two blocks mix
//	go run ./examples/mutex -unsafe   without the lock they do
//
// A block is several writes, and each takes its time, so that others may come
// between. One of the three, eve, never unlocks: in the middle of her last block
// she is killed by SIGKILL, or with -return she just returns. The others go on all
// the same, and whoever is next at the page is told that the lock was abandoned.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

func main() { multiproc.Main(run) }

// run runs in the parent alone.
func run(ctx context.Context) error {
	without := flag.Bool("unsafe", false, "write without the lock, and see blocks mixed")
	returns := flag.Bool("return", false, "eve returns without unlocking, instead of being killed")
	flag.Parse()

	space, err := ipc.Family()
	if err != nil {
		return err
	}
	lock, err := ipc.OpenMutex(ctx, space, "page")
	if err != nil {
		return err
	}
	last, err := ipc.OpenEvent(ctx, space, "eve's last block")
	if err != nil {
		return err
	}
	if *without {
		lock = nil
	}
	page, pen, err := newPage()
	if err != nil {
		return err
	}
	var writers []*multiproc.Process[multiproc.None]
	for _, name := range []string{"ada", "ben", eve} {
		w := Writer{Lock: lock, EvesLast: last, Returns: *returns}
		p, err := write.Start(ctx, w, multiproc.WithName(name), multiproc.WithStdout(pen), multiproc.Daemon())
		if err != nil {
			return err
		}
		writers = append(writers, p)
	}
	go func() { // nobody waits for an eve who did not get that far
		<-writers[2].Done()
		_ = last.Set(ctx) // it is set already, as a rule
	}()

	err = errors.Join(pen.Close(), page.print(os.Stdout)) // which ends with the last writer
	for _, p := range writers {
		_, end := p.Wait(ctx)
		switch {
		case p.Name() != eve:
			err = errors.Join(err, end)
		case end != nil:
			fmt.Printf("\n%s: %v\n", eve, end)
		default:
			fmt.Printf("\n%s: write in process %d returned and never unlocked\n", eve, p.PID())
		}
	}
	if err != nil {
		return err
	}
	fmt.Println(page.sum())
	if page.mixed() > 0 && !*without {
		return errors.New("blocks are mixed in spite of the lock")
	}
	return nil
}
