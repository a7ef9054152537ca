package multiproc

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/inherit"
	"github.com/multiproc-go/multiproc/internal/proc"
)

// An order is what a child is told to do; the input stands beside it.
type order struct {
	Func     string
	Since    time.Time
	Deadline time.Time // zero: none
	Files    []string  // names of the files behind the standard ones
	Place    int       // in the family's space, whose file is behind those; 0: none
	Captured bool      // its output goes through its parent
	Memory   int64     // its limit, in bytes; 0: none
}

// An answer is what became of it; the result stands beside it.
type answer struct {
	HasResult bool
	Err       *codec.Error
	Panic     *panicked
	MaxRSS    int64
}

type panicked struct{ Value, Stack string }

var (
	orders  = mustCodec[order]()
	answers = mustCodec[answer]()
)

func mustCodec[T any]() *codec.Codec[T] {
	c, err := codec.Of[T]()
	if err != nil {
		panic(err) // a mistake in this package
	}
	return c
}

// started counts the starts of this process, for names.
var started atomic.Int64

// start starts a child that runs the function name on an encoded input.
func start(ctx context.Context, function string, input []byte, opts []Option) (*child, error) {
	c, err := tryStart(ctx, function, input, opts)
	if err != nil {
		return nil, fmt.Errorf("multiproc: start %s: %w", function, err)
	}
	return c, nil
}

func tryStart(ctx context.Context, function string, input []byte, opts []Option) (*child, error) {
	if !begun.Load() {
		return nil, ErrNoMain
	}
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	o, err := collect(opts)
	if err != nil {
		return nil, err
	}
	if o.dir != "" {
		if _, err := os.Stat(o.dir); err != nil {
			return nil, fmt.Errorf("working directory: %w", err)
		}
	}
	if o.name == "" {
		o.name = fmt.Sprintf("%s-%d", function, started.Add(1))
	}
	std, err := openStreams(o)
	if err != nil {
		return nil, err
	}
	defer std.closeChilds()

	cmd := proc.Command{
		Name:   o.name,
		Daemon: o.daemon,
		Env:    o.limits.environment(append(os.Environ(), o.env...)),
		Dir:    o.dir,
		Stdin:  std.stdin, Stdout: std.stdout, Stderr: std.stderr,
		User: o.user, Nice: o.nice,
		CPULimit: o.limits.cpu, MemoryLimit: o.limits.memory > 0,
	}
	todo := order{Func: function, Since: time.Now(), Captured: len(std.captures) > 0, Memory: o.limits.memory}
	todo.Deadline, _ = ctx.Deadline()
	for _, f := range o.files {
		file, err := f.take()
		if err != nil {
			std.abandon()
			return nil, fmt.Errorf("file %q: %w", f.name, err)
		}
		defer file.Close() // the child has its own
		cmd.Files = append(cmd.Files, file)
		todo.Files = append(todo.Files, f.name)
	}
	place, err := givePlace()
	if err != nil {
		std.abandon()
		return nil, err
	}
	if place != nil {
		defer place.File().Close() // the child has its own
		cmd.Files = append(cmd.Files, place.File())
		todo.Place = place.Number()
	}
	head, err := orders.Append(nil, &todo)
	var p *proc.Child
	if err == nil {
		p, err = proc.Start(cmd)
	}
	if err != nil {
		std.abandon()
		if place != nil {
			place.File().Close()
			place.Ended()
		}
		return nil, err
	}
	if place != nil {
		place.Started(p.PID)
	}

	c := &child{
		info:    Info{PID: p.PID, Parent: os.Getpid(), Name: o.name, Func: function, Daemon: o.daemon, Since: todo.Since},
		ctx:     ctx,
		grace:   o.grace,
		limits:  o.limits,
		proc:    p,
		streams: std,
		place:   place,
		done:    make(chan struct{}),
	}
	c.forget = context.AfterFunc(ctx, func() { c.stop(context.Background()) })
	children.add(c)
	std.run()
	c.enforce()
	go c.await()
	// An error here means that the child has ended, which Wait tells better.
	if p.Release() == nil {
		_ = proc.Message{Head: head, Body: input}.Write(p.LifeLine)
	}
	return c, nil
}

// givePlace makes a place for a child in the family's space, nil in a program that
// does not use package ipc.
func givePlace() (inherit.Place, error) {
	if inherit.Family == nil {
		return nil, nil
	}
	return inherit.Family.Give()
}
