package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

const (
	blocks = 4                // of each writer
	lines  = 4                // of each block
	pace   = time.Millisecond // that it takes to write a line
	eve    = "eve"            // who never unlocks
)

// A Writer is what a child is told. What it has of package ipc is the same object
// in all processes.
type Writer struct {
	Lock     *ipc.Mutex // held while a block is written; nil: no lock
	EvesLast *ipc.Event // set while eve is at her last block
	Returns  bool       // eve returns instead of being killed
}

var write = multiproc.Func("write", func(ctx context.Context, w Writer) (multiproc.None, error) {
	me := multiproc.Self().Name
	for n := 1; n < blocks; n++ {
		if err := w.block(ctx, me, n); err != nil {
			return multiproc.None{}, err
		}
	}
	if me == eve {
		return multiproc.None{}, w.half(ctx)
	}
	// What the others write last, they write after eve.
	if err := w.EvesLast.Wait(ctx); err != nil {
		return multiproc.None{}, err
	}
	return multiproc.None{}, w.block(ctx, me, blocks)
})

// block writes a block under the lock.
func (w Writer) block(ctx context.Context, me string, n int) error {
	unlock, err := w.lock(ctx, me)
	if err != nil {
		return err
	}
	for line := 1; line <= lines; line++ {
		writeLine(me, n, line)
	}
	return unlock()
}

// half is how eve leaves the page: with half a block, and with the lock.
func (w Writer) half(ctx context.Context) error {
	if _, err := w.lock(ctx, eve); err != nil {
		return err
	}
	if err := w.EvesLast.Set(ctx); err != nil {
		return err
	}
	for line := 1; line <= lines/2; line++ {
		writeLine(eve, blocks, line)
	}
	if w.Returns {
		return nil
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil { // SIGKILL: no code of this process runs any more
		return err
	}
	select {}
}

// lock waits for the lock, if there is one, and says so where it was abandoned.
func (w Writer) lock(ctx context.Context, me string) (unlock func() error, err error) {
	if w.Lock == nil {
		return func() error { return nil }, nil
	}
	guard, err := w.Lock.Lock(ctx)
	if err != nil {
		return nil, err
	}
	if guard.Abandoned() {
		fmt.Printf("%s finds the lock abandoned: the block above stays unfinished\n", me)
	}
	return guard.Unlock, nil
}

func writeLine(me string, n, line int) {
	fmt.Printf("%s, block %d, line %d of %d\n", me, n, line, lines)
	time.Sleep(pace)
}
