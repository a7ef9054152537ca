package main

import (
	"context"
	"fmt"
	"time"
)

// An end is one end of an exchange. Both ends have a block of the same size.
type end interface {
	block() []byte                     // to be sent, or as it was received
	send(ctx context.Context) error    // makes it the other end's block
	receive(ctx context.Context) error // waits for the other end's block
	close(ctx context.Context) error
}

// A block's first byte says whether it is the last; the child adds one to the second
// byte of each page.
const (
	goOn = iota
	last
)

const page = 4096

// A cost is of one block there and back.
type cost struct {
	time      time.Duration
	processor time.Duration // that the child took
	rounds    int           // that were made to find out
}

// enough is how long the exchange goes on.
const enough = 200 * time.Millisecond

// measure is the parent's side of the exchange.
func measure(ctx context.Context, e end) (c cost, err error) {
	var began time.Time
	for over := false; !over; c.rounds++ {
		if c.rounds == 1 { // at first the child had to start
			began = time.Now()
		}
		e.block()[0] = goOn
		if over = c.rounds > 1 && time.Since(began) > enough; over {
			e.block()[0] = last
		}
		if err := e.send(ctx); err != nil {
			return c, err
		}
		if err := e.receive(ctx); err != nil {
			return c, err
		}
	}
	c.time = short(time.Since(began), c.rounds-1)
	for i := 1; i < len(e.block()); i += page {
		if got, want := e.block()[i], byte(c.rounds); got != want {
			return c, fmt.Errorf("after %d rounds byte %d is %d, not %d", c.rounds, i, got, want)
		}
	}
	return c, nil
}

// short returns a share of d, to three digits.
func short(d time.Duration, shares int) time.Duration {
	d /= time.Duration(shares)
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// echo is the child's side.
func echo(ctx context.Context, e end) error {
	for over := false; !over; {
		if err := e.receive(ctx); err != nil {
			return err
		}
		over = e.block()[0] == last
		for i := 1; i < len(e.block()); i += page {
			e.block()[i]++
		}
		if err := e.send(ctx); err != nil {
			return err
		}
	}
	return nil
}
