package multiproc

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/multiproc-go/multiproc/internal/inherit"
	"github.com/multiproc-go/multiproc/internal/proc"
)

// A child is a process started by this one, whatever the types of its function.
type child struct {
	info    Info
	ctx     context.Context // its life
	forget  func() bool     // ends the watching of ctx
	grace   time.Duration
	limits  limits
	limit   atomic.Pointer[string] // the one that ended it, by this process's watch
	proc    *proc.Child
	streams *streams
	place   inherit.Place // in the family's space; nil: none

	done   chan struct{}
	exit   Exit // this and what follows: set before done is closed
	err    error
	result []byte // nil: none
}

// await waits for the child's end, collects what it left, and closes done.
func (c *child) await() {
	answered := make(chan proc.Message, 1)
	go func() {
		m, _ := c.proc.Answer() // what is no message is no answer
		answered <- m
	}()
	status := c.proc.Wait()
	if c.place != nil {
		c.place.Ended()
	}
	c.proc.HangUp()
	m := <-answered
	copied := c.streams.finish()

	c.exit = Exit{
		Code: status.Code, Signal: status.Signal,
		Wall: status.Wall, User: status.User, System: status.System, MaxRSS: status.MaxRSS,
	}
	c.settle(m)
	if c.err == nil {
		c.err = copied
	}
	c.forget()
	c.proc.Close()
	children.remove(c)
	close(c.done)
}

// settle sets result and err from the child's answer, if there is one.
func (c *child) settle(m proc.Message) {
	var a answer
	answered := m.Head != nil && a.decode(m.Head) == nil
	if answered {
		c.err = c.answerError(a)
		if a.HasResult {
			c.result = m.Body
		}
		if a.MaxRSS > 0 {
			c.exit.MaxRSS = a.MaxRSS
		}
	}
	report := c.proc.CrashReport(tailSize)
	c.exit.Limit = c.limitPassed(report)
	if !answered || c.err != nil && c.exit.Limit != "" {
		c.err = c.exitError(report, c.err)
	}
	if ended := c.lifeEnded(); ended != nil && c.err != nil {
		c.err = &endedError{c.err, ended}
	}
}

// answerError is the error in an answer, if there is one.
func (c *child) answerError(a answer) error {
	switch {
	case a.Panic != nil:
		return &PanicError{Func: c.info.Func, PID: c.info.PID, Value: a.Panic.Value, Stack: a.Panic.Stack}
	case a.Err != nil:
		return newRemoteError(a.Err)
	}
	return nil
}

// lifeEnded is the error of the context that was the child's life, nil if it goes
// on. The child knows its deadline, and its clock may have struck first.
func (c *child) lifeEnded() error {
	if deadline, ok := c.ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-c.ctx.Done()
	}
	return contextError(c.ctx)
}

// exitError says why there is no answer, or none that counts since a limit ended
// the child; answered is its error then.
func (c *child) exitError(report string, answered error) error {
	e := &ExitError{Func: c.info.Func, PID: c.info.PID, Exit: c.exit, Stderr: report, cause: causeOf(report)}
	if c.streams.tail != nil {
		e.Stderr = c.streams.tail.String()
		e.cause = cmp.Or(e.cause, causeOf(e.Stderr))
	}
	e.cause = cmp.Or(e.cause, crashedIn(report))
	e.limit, e.matches = c.limits.describe(c.exit.Limit)
	if answered != nil {
		e.matches = append(e.matches, answered)
	}
	return e
}

// wait returns nil once the child has ended, or why ctx did before.
func (c *child) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("multiproc: wait for %s: %w", c.info.Name, contextError(ctx))
	}
}

// stop ends the child, with SIGTERM first, and returns when it is gone. One that
// is only just starting gets its SIGTERM when it can take it as the end of its
// function's context.
func (c *child) stop(ctx context.Context) {
	grace := time.NewTimer(c.grace)
	defer grace.Stop()
	listens := c.proc.Ready()
	for {
		select {
		case <-listens:
			c.proc.Terminate()
			listens = nil
			continue
		case <-c.done:
			return
		case <-grace.C:
		case <-ctx.Done():
		}
		c.proc.Kill()
		<-c.done
		return
	}
}
