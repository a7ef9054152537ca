package multiproc

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/internal/inherit"
	"github.com/multiproc-go/multiproc/internal/proc"
)

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

func tryStart(ctx context.Context, function string, input []byte, opts []Option) (_ *child, err error) {
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
		if info, err := os.Stat(o.dir); err != nil {
			return nil, fmt.Errorf("working directory: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("working directory: %s is no directory", o.dir)
		}
	}
	if o.name == "" {
		o.name = fmt.Sprintf("%s-%d", function, started.Add(1))
	}

	c := &child{ctx: ctx, grace: o.grace, limits: o.limits, done: make(chan struct{})}
	if c.streams, err = openStreams(o); err != nil {
		return nil, err
	}
	defer c.streams.closeChilds()
	defer func() {
		if err != nil {
			c.streams.abandon()
			if c.place != nil {
				c.place.Ended()
			}
		}
	}()
	files, names, err := o.takeFiles()
	defer closeAll(files) // the child has its own
	if err != nil {
		return nil, err
	}
	todo := order{
		Func: function, Since: time.Now(), Files: names,
		Captured: len(c.streams.captures) > 0, Memory: o.limits.memory,
	}
	todo.Deadline, _ = ctx.Deadline()
	if inherit.Family != nil {
		if c.place, err = inherit.Family.Give(); err != nil {
			return nil, err
		}
		defer c.place.File().Close()
		files = append(files, c.place.File())
		todo.Place = c.place.Number()
	}
	head, err := todo.encode()
	if err != nil {
		return nil, err
	}
	c.proc, err = proc.Start(proc.Command{
		Name:   o.name,
		Daemon: o.daemon,
		Env:    o.limits.environment(o.env),
		Dir:    o.dir,
		Stdin:  c.streams.stdin, Stdout: c.streams.stdout, Stderr: c.streams.stderr,
		Files: files,
		User:  o.user, Nice: o.nice,
		CPULimit: o.limits.cpu, MemoryLimit: o.limits.memory > 0,
	})
	if err != nil {
		return nil, err
	}

	pid := c.proc.PID
	c.info = Info{PID: pid, Parent: os.Getpid(), Name: o.name, Func: function, Daemon: o.daemon, Since: todo.Since}
	if c.place != nil {
		c.place.Started(pid)
	}
	c.forget = context.AfterFunc(ctx, func() { c.stop(context.Background()) })
	children.add(c)
	c.streams.run()
	c.enforce()
	go c.await()
	// An error here means that the child has ended, which Wait tells better.
	if c.proc.Release() == nil {
		_ = proc.Message{Head: head, Body: input}.Write(c.proc.LifeLine)
	}
	return c, nil
}
