package remote

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// call calls a method of a thing at the other end, or a function there, and waits
// for the answer: it is the callee that heeds the context.
func (p *peer) call(ctx context.Context, thing uint64, method string, args ...reflect.Value) (results [][]byte, err error) {
	f := frame{Thing: thing, Method: method}
	f.Deadline, _ = ctx.Deadline()
	f.Err = p.whyEnded(ctx)
	if f.Values, err = p.encodeAll(args); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	answered := make(chan frame, 1)
	p.mu.Lock()
	p.last++
	f.Call = p.last
	if p.ended == nil {
		p.calls[f.Call] = answered
	}
	p.mu.Unlock()
	if err := p.send(f); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() {
		if why := p.whyEnded(ctx); why != nil {
			_ = p.send(frame{Kind: endKind, Call: f.Call, Err: why})
		}
	})()
	answer, ok := <-answered
	if !ok {
		return nil, errGone
	}
	return answer.Values, p.error(answer.Err)
}

// whyEnded is nil before ctx has ended, and when its deadline was why: that the other
// end sees by itself.
func (p *peer) whyEnded(ctx context.Context) *failure {
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return p.failure(context.Cause(ctx))
}

// begin does what the other end calls, in a goroutine of its own.
func (p *peer) begin(f frame) {
	ctx, cancel := context.WithCancelCause(context.Background())
	if f.Err != nil {
		cancel(p.error(f.Err))
	}
	p.mu.Lock()
	p.serving[f.Call] = cancel
	p.mu.Unlock()
	go func() {
		answer := frame{Kind: answerKind, Call: f.Call}
		var err error
		answer.Values, err = p.do(ctx, f)
		answer.Err = p.failure(err)
		p.mu.Lock()
		delete(p.serving, f.Call)
		p.mu.Unlock()
		cancel(nil)
		_ = p.send(answer)
	}()
}

func (p *peer) do(ctx context.Context, f frame) ([][]byte, error) {
	if !f.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, f.Deadline)
		defer cancel()
	}
	callee := p.thing(f.Thing)
	if f.Method != "" {
		callee = callee.MethodByName(f.Method)
	}
	args := make([]reflect.Value, 0, callee.Type().NumIn())
	for in := range callee.Type().Ins() {
		if in == contextType {
			args = append(args, reflect.ValueOf(ctx))
			continue
		}
		arg, err := p.decode(f.Values[0], in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Method, err)
		}
		args, f.Values = append(args, arg), f.Values[1:]
	}
	results := callee.Call(args)
	var failed error
	if n := len(results); n > 0 && results[n-1].Type() == errorType {
		failed, _ = results[n-1].Interface().(error)
		results = results[:n-1]
	}
	values, err := p.encodeAll(results)
	if failed == nil {
		failed = err
	}
	return values, failed
}
