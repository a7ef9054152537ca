// Tickets sells tickets to many processes at once, and never one of them twice.
//
//	go run ./tickets rush                      10 tickets, 11 buyers, one is refused
//	go run ./tickets rush -unsafe              without the lock: one ticket, many owners
//	go run ./tickets rush -buyers 50 -kill 20  buyers are killed; the sum still holds
//	go run ./tickets rush -data DIR            sells from your own DIR/ticket.json
//
// The least that ticket.json can be is {"count": 10}. The office writes into it
// who bought which ticket, and leaves the rest as it is. Looking at it is free to
// everyone at any time; buying is one at a time, under a lock in shared memory
// that passes on when its holder dies. The file is replaced as a whole and synced,
// so that it is the old one or the new one, whoever is killed and whenever. All
// rushes that one user has on a stock share its lock; another user's have their
// own, and must not sell from it at the same time.
//
// The exit status is 0 if all tickets are accounted for, 1 if they are not or
// something failed, and 2 if the command line is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/multiproc-go/multiproc"

	"github.com/multiproc-go/multiproc/tickets/internal/rush"
)

func main() { multiproc.Main(run) }

const usage = `Usage: tickets COMMAND [flags]

Commands:
  rush    let buyers race for the tickets of one stock

"tickets COMMAND -h" tells about the flags of a command.
`

// run leaves the process with status 2 by itself, which Main has no word for.
// Nothing has been started by then.
func run(ctx context.Context) error {
	command, err := parse(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "tickets: %v\n", err)
		os.Exit(2)
	}
	return command(ctx)
}

// parse turns the command line into what is to be done.
func parse(args []string, help io.Writer) (func(context.Context) error, error) {
	if len(args) == 0 {
		return nil, errors.New(`what is to be done? Try "tickets rush", or "tickets help"`)
	}
	switch args[0] {
	case "rush":
		c, err := rush.Parse(args[1:], help)
		if err != nil {
			return nil, fmt.Errorf("rush: %w", err)
		}
		return func(ctx context.Context) error { return rush.Run(ctx, c) }, nil
	case "help", "-h", "-help", "--help":
		fmt.Fprint(help, usage)
		return nil, flag.ErrHelp
	}
	return nil, fmt.Errorf(`there is no command %q; "tickets help" lists them`, args[0])
}
