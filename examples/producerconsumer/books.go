package main

import (
	"context"
	"fmt"

	"github.com/multiproc-go/multiproc/ipc"
)

// books say of every job how often it was done.
type books struct {
	times map[Job]int
	again []Done // at a later attempt than the first
	err   error
}

// keepBooks reads what is done, to the end.
func keepBooks(ctx context.Context, done *ipc.Queue[Done]) books {
	b := books{times: map[Job]int{}}
	for d, err := range done.All(ctx) {
		if err != nil {
			b.err = err
			break
		}
		b.times[d.Job]++
		if d.Attempt > 1 {
			b.again = append(b.again, d)
		}
	}
	return b
}

// print prints what the books say; that a job is not done is an error.
func (b books) print() error {
	if b.err != nil {
		return b.err
	}
	for _, d := range b.again {
		fmt.Printf("%s's job %d: done by %s at attempt %d\n", d.Job.Producer, d.Job.Number, d.Consumer, d.Attempt)
	}
	jobs := len(producers) * jobsEach
	fmt.Printf("%d jobs of %d are done\n", len(b.times), jobs)
	for job, times := range b.times {
		if times > 1 { // whoever did it first died before the job was acknowledged
			fmt.Printf("%s's job %d: done %d times\n", job.Producer, job.Number, times)
		}
	}
	if len(b.times) < jobs {
		return fmt.Errorf("%d jobs are lost", jobs-len(b.times))
	}
	return nil
}
