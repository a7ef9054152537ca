package main

import (
	"context"
	"os"

	"github.com/multiproc-go/multiproc"
	"github.com/multiproc-go/multiproc/ipc"
)

const (
	jobsEach = 20     // of each producer
	fatal    = 7      // the number of pia's job that kills whoever tries it first
	paul     = "paul" // who is killed as soon as he has put all his jobs
)

var producers = []string{"pete", "pia", paul}

// A Job is what is to be done. Producer and Number tell it from all others.
type Job struct {
	Producer string
	Number   int // from 1
	Fatal    bool
}

var produce = multiproc.Func("produce", func(ctx context.Context, jobs *ipc.Queue[Job]) (multiproc.None, error) {
	me := multiproc.Self().Name
	for n := 1; n <= jobsEach; n++ {
		job := Job{Producer: me, Number: n, Fatal: me == "pia" && n == fatal}
		if err := jobs.Put(ctx, job); err != nil { // it waits while the queue is full
			return multiproc.None{}, err
		}
	}
	if me == paul {
		return multiproc.None{}, die()
	}
	return multiproc.None{}, nil
})

// die kills this process. No code of it runs any more.
func die() error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {}
}
