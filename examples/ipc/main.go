// Ipc exchanges blocks of bytes with a child by file, by pipe and by shared memory,
// and prints what each costs.
//
//	go run ./examples/ipc
//
// The exchange is always the same: the parent sends a block, the child changes it a
// little and sends it back. A file has to be looked for again and again, as nobody
// tells that it is there. A pipe wakes the reader, but the kernel copies all bytes in
// and out. An ipc.Conn keeps them in shared memory, and costs a copy in and a copy
// out. Shared memory itself costs nothing for the bytes: only the turns are passed.
// Beside the time it says how much processor time the child took.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

func main() { multiproc.Main(run) }

// A way starts a child to exchange blocks of that size with, and returns this
// process's end.
type way func(ctx context.Context, space *ipc.Space, size int) (end, *multiproc.Process[multiproc.None], error)

// run runs in the parent alone.
func run(ctx context.Context) error {
	space, err := ipc.Family()
	if err != nil {
		return err
	}
	sizes := []struct {
		bytes int
		text  string
	}{{64, "64 B"}, {1 << 20, "1 MiB"}}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "there and back\t")
	for _, size := range sizes {
		fmt.Fprintf(table, "%s\tchild's CPU\t", size.text)
	}
	fmt.Fprintln(table)
	rounds := 0
	for _, by := range []struct {
		name string
		way  way
	}{
		{"file", byFile}, {"pipe", byPipe}, {"ipc.Conn", byConn}, {"shared memory", byMemory},
	} {
		fmt.Fprintf(table, "%s\t", by.name)
		for _, size := range sizes {
			cost, err := exchange(ctx, space, by.way, size.bytes)
			if err != nil {
				return fmt.Errorf("by %s: %w", by.name, err)
			}
			rounds += cost.rounds
			fmt.Fprintf(table, "%v\t%v\t", cost.time, cost.processor)
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d blocks came back as they had to\n", rounds)
	return nil
}

// exchange exchanges blocks with a child for a while.
func exchange(ctx context.Context, space *ipc.Space, by way, size int) (c cost, err error) {
	e, child, err := by(ctx, space, size)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, e.close(ctx)) }()
	if c, err = measure(ctx, e); err != nil {
		return c, err
	}
	if _, err := child.Wait(ctx); err != nil {
		return c, err
	}
	if exit, ok := child.Exit(); ok {
		c.processor = short(exit.User+exit.System, c.rounds)
	}
	return c, nil
}
