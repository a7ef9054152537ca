package main

import (
	"context"
	"time"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

var consumers = []string{"cleo", "carl", "cora"}

// A Consumer is what a consumer is told.
type Consumer struct {
	Jobs *ipc.Queue[Job]
	Done *ipc.Queue[Done]
}

// Done says that a job is done.
type Done struct {
	Job      Job
	Consumer string
	Attempt  int // 1, and 1 more for each consumer who died over the job
}

const pace = time.Millisecond // that it takes to do a job

// consume does jobs until the queue is closed and done with, and returns how many. A
// job is acknowledged when all there is to do is done: a consumer that dies just
// before that has done it, and another does it again. So what comes of a job has to be
// such that it may come twice; here, the books know each job by its name.
var consume = multiproc.Func("consume", func(ctx context.Context, c Consumer) (jobs int, err error) {
	for d, err := range c.Jobs.Deliveries(ctx) {
		if err != nil {
			return jobs, err
		}
		time.Sleep(pace)
		if d.Value.Fatal && d.Attempt == 1 {
			return jobs, die()
		}
		if err := c.Done.Put(ctx, Done{d.Value, multiproc.Self().Name, d.Attempt}); err != nil {
			return jobs, err
		}
		if err := d.Ack(ctx); err != nil {
			return jobs, err
		}
		jobs++
	}
	return jobs, nil
})
