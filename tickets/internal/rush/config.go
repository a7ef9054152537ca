package rush

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Buyers are processes, and each costs some megabytes; a number beyond this is
// a slip of the finger.
const maxBuyers = 10_000

// Config is what the command line says.
type Config struct {
	Tickets int    // in a stock that the rush makes itself; at least 1
	Buyers  int    // processes, at least 1
	Data    string // directory of ticket.json; empty: a temporary one, removed at the end
	Unsafe  bool   // buy without the lock
	Kill    int    // how many buyers are killed
	Seed    uint64 // of the random moments

	ticketsGiven bool // -tickets stood on the command line
}

const usage = `Usage: tickets rush [flags]

Buyers, each a process of its own, race for the tickets of one stock.

`

// Parse reads the flags of "tickets rush". With -h it writes what there is to
// say about them to help, and returns flag.ErrHelp.
func Parse(args []string, help io.Writer) (Config, error) {
	var c Config
	flags := flag.NewFlagSet("rush", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, and said once
	flags.IntVar(&c.Tickets, "tickets", 10, "make a stock of `N` tickets")
	flags.IntVar(&c.Buyers, "buyers", 11, "start `N` buyers")
	flags.StringVar(&c.Data, "data", "", "sell from ticket.json in `DIR`, such as {\"count\": 10}; with -tickets it\nis made if it isn't there (default a temporary directory)")
	flags.BoolVar(&c.Unsafe, "unsafe", false, "buy without the lock, and see tickets sold twice")
	flags.IntVar(&c.Kill, "kill", 0, "kill `N` of the buyers at random moments")
	flags.Uint64Var(&c.Seed, "seed", rand.Uint64()>>32, "of the random moments; the same `SEED` makes the same plan (default random)")

	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(flags, help)
	}
	if err != nil {
		return Config{}, err
	}
	flags.Visit(func(f *flag.Flag) { c.ticketsGiven = c.ticketsGiven || f.Name == "tickets" })
	return c, c.check(flags.Args())
}

func (c Config) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q: there are only flags", strings.Join(rest, " "))
	case c.Tickets < 1:
		return fmt.Errorf("-tickets %d: there must be at least 1", c.Tickets)
	case c.Buyers < 1:
		return fmt.Errorf("-buyers %d: there must be at least 1", c.Buyers)
	case c.Buyers > maxBuyers:
		return fmt.Errorf("-buyers %d: each is a process, and %d are the most", c.Buyers, maxBuyers)
	case c.Kill < 0:
		return fmt.Errorf("-kill %d: cannot be negative", c.Kill)
	case c.Kill > c.Buyers:
		return fmt.Errorf("-kill %d: there are only %d buyers", c.Kill, c.Buyers)
	}
	return nil
}

func printHelp(flags *flag.FlagSet, to io.Writer) {
	flags.Lookup("seed").DefValue = "0" // it is another one each time: shown as "random"
	flags.SetOutput(to)
	fmt.Fprint(to, usage)
	flags.PrintDefaults()
}
