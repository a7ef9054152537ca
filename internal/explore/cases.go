//go:build explore

package explore

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Cases are all that is explored.
func Cases() []Case {
	var all []Case
	all = append(all, mutexCases()...)
	all = append(all, eventCases()...)
	all = append(all, int64Cases()...)
	all = append(all, directoryCases()...)
	all = append(all, heapCases()...)
	all = append(all, condCases()...)
	all = append(all, valueCases()...)
	all = append(all, rwmutexCases()...)
	all = append(all, barrierCases()...)
	all = append(all, onceCases()...)
	all = append(all, semaphoreCases()...)
	all = append(all, arrayCases()...)
	all = append(all, pipeCases()...)
	all = append(all, serviceCases()...)
	all = append(all, queueCases()...)
	all = append(all, dictCases()...)
	return all
}

var background = context.Background()

// code is an error as a history has it.
func code(err error) int64 {
	for i, known := range []error{nil, driver.ErrLocked, driver.ErrNotHeld, context.Canceled, driver.ErrClosed, driver.ErrNotFound, driver.ErrBroken, driver.ErrFull, driver.ErrEmpty} {
		if errors.Is(err, known) {
			return int64(i)
		}
	}
	panic(fmt.Sprintf("unexpected error: %v", err))
}

const (
	codeOK = iota
	codeLocked
	codeNotHeld
	codeCanceled
	codeClosed
	codeNotFound
	codeBroken
	codeFull
	codeEmpty
)

func openMutexes(w *World) {
	for _, p := range w.Processes {
		openMutex(p)
	}
}

func openMutex(p *Process) {
	p.Mutex = must(p.Space.OpenMutex(background, driver.Which{Name: "m"}))
}

func openEvents(w *World) {
	for _, p := range w.Processes {
		p.Event = must(p.Space.OpenEvent(background, driver.Which{Name: "e"}))
	}
}

func openInt64s(w *World) {
	for _, p := range w.Processes {
		p.Int64 = must(p.Space.OpenInt64(background, driver.Which{Name: "i"}))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func threads(run func(w *World, p *Process), processes ...int) (all []Thread) {
	for _, p := range processes {
		all = append(all, Thread{Process: p, Run: run})
	}
	return all
}

// die is a process's death before the threads run.
func (w *World) die(process int) {
	w.Dead[process] = true
	w.sched.arenas[process].Close()
}

// sweeper buries the dead beside everything else.
func sweeper(process int) Thread {
	return Thread{process, func(w *World, p *Process) {
		if p.Died() {
			p.Space.Bury()
		}
	}}
}
