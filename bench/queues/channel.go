package queues

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/multiproc-go/multiproc/bench/internal/stage"
)

// channel is a stream through a Go channel between two goroutines of this process,
// on two processors, with a copy of each message. Its arguments are how many
// messages, their size, and how many may be under way.
func channel(_ context.Context, args []string) error {
	n, err := stage.Numbers(args)
	if err != nil || len(n) != 3 {
		return errors.Join(errors.New("channel: COUNT SIZE ROOM"), err)
	}
	runtime.GOMAXPROCS(2)
	messages := make(chan []byte, n[2])
	l := carrying(n[1],
		func(m []byte) error {
			messages <- bytes.Clone(m)
			return nil
		},
		func([]byte) ([]byte, error) { return <-messages, nil },
	)
	put := make(chan error)
	begin := time.Now()
	go func() { put <- l.puts(n[0]) }()
	if err := errors.Join(l.gets(n[0]), <-put); err != nil {
		return err
	}
	stage.PrintRate(n[0], time.Since(begin))
	return nil
}
