// Producerconsumer has producers and consumers in processes of their own share a
// queue of jobs. Some of them are killed, and every job is done all the same.
//
//	go run ./examples/producerconsumer
//
// A consumer takes jobs on loan: one that it has not acknowledged when it dies goes
// to another, and its Attempt says so. So does here the job that kills whoever tries
// it first. What a producer has put is there when Put has returned: the last producer
// is killed right after that, and none of its jobs is missing.
//
// The end is clean: when the producers have ended, the parent closes the queue; the
// consumers take what is left, wait for what may still come back, and end.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

func main() { multiproc.Main(run) }

// run runs in the parent alone.
func run(ctx context.Context) error {
	space, err := ipc.Family()
	if err != nil {
		return err
	}
	jobs, err := ipc.OpenQueue[Job](ctx, space, "jobs", ipc.QueueConfig{Cap: 8})
	if err != nil {
		return err
	}
	done, err := ipc.OpenQueue[Done](ctx, space, "done", ipc.QueueConfig{})
	if err != nil {
		return err
	}
	kept := make(chan books, 1)
	go func() { kept <- keepBooks(ctx, done) }()

	var doing []*multiproc.Process[int]
	for _, name := range consumers {
		p, err := consume.Start(ctx, Consumer{jobs, done}, multiproc.WithName(name), multiproc.Daemon())
		if err != nil {
			return err
		}
		doing = append(doing, p)
	}
	var putting []*multiproc.Process[multiproc.None]
	for _, name := range producers {
		p, err := produce.Start(ctx, jobs, multiproc.WithName(name), multiproc.Daemon())
		if err != nil {
			return err
		}
		putting = append(putting, p)
	}

	for _, p := range putting {
		if _, err := p.Wait(ctx); err != nil {
			fmt.Printf("%s: %v\n", p.Name(), err)
			continue
		}
		fmt.Printf("%s: %d jobs put\n", p.Name(), jobsEach)
	}
	if err := errors.Join(jobs.Close(ctx), jobs.Join(ctx)); err != nil { // until all are acknowledged
		return err
	}
	for _, p := range doing {
		n, err := p.Wait(ctx)
		if err != nil {
			fmt.Printf("%s: %v\n", p.Name(), err)
			continue
		}
		fmt.Printf("%s: %d jobs done\n", p.Name(), n)
	}
	if err := done.Close(ctx); err != nil {
		return err
	}
	return (<-kept).print()
}
