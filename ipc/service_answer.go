package ipc

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// An answer's first byte says what follows.
const (
	answerGood   = iota // a Resp
	answerFailed        // a serviceFailure
	answerBrief         // the text of an error that had no room otherwise
)

// A serviceFailure is a ServiceError under way.
type serviceFailure struct {
	Err   *codec.Error
	Stack string
}

var serviceFailures = sync.OnceValue(func() *codec.Codec[serviceFailure] {
	c, err := codec.Of[serviceFailure]()
	if err != nil {
		panic(err) // a mistake in this package
	}
	return c
})

// serve answers one request, however f ends. It returns buf, which may have grown.
func (v *Service[Req, Resp]) serve(ctx context.Context, r driver.Request, f func(context.Context, Req) (Resp, error), buf []byte) []byte {
	life := &servedContext{Context: ctx, object: v.object, request: r}
	answer := answerTo[Resp]{v.object, v.responses, r, buf}
	returned := false
	defer func() {
		life.end()
		switch p := recover(); {
		case p != nil:
			answer.fail(panicError(p), string(debug.Stack()))
		case !returned:
			answer.fail(errors.New("the function ended its goroutine (runtime.Goexit)"), "")
		}
	}()
	var req Req
	err := v.requests.Decode(r.Data, &req)
	if err != nil {
		err = fmt.Errorf("read the request: %w", err)
	}
	var resp Resp
	if err == nil {
		resp, err = f(life, req)
	}
	returned = true
	if err == nil {
		err = answer.good(&resp)
	}
	if err != nil {
		answer.fail(err, "")
	}
	return answer.buf
}

// An answerTo sends the answer to a request.
type answerTo[Resp any] struct {
	object    driver.Service
	responses *codec.Codec[Resp]
	request   driver.Request
	buf       []byte
}

// good answers with resp.
func (a *answerTo[Resp]) good(resp *Resp) (err error) {
	a.buf, err = a.responses.Append(append(a.buf[:0], answerGood), resp)
	if err == nil {
		err = a.send()
	}
	if err != nil {
		return fmt.Errorf("send the answer: %w", notEncoded(err))
	}
	return nil
}

// fail answers with an error, or as much of its text as there is always room for.
func (a *answerTo[Resp]) fail(err error, stack string) {
	failure := serviceFailure{codec.NewError(err), stack}
	var failed error
	a.buf, failed = serviceFailures().Append(append(a.buf[:0], answerFailed), &failure)
	if failed == nil {
		failed = a.send()
	}
	if failed != nil {
		text := failure.Err.Msg
		a.buf = append(append(a.buf[:0], answerBrief), text[:min(len(text), driver.MinAnswer-1)]...)
		_ = a.send() // it has room; or the space is closed, and the request another's
	}
}

// send is nil also where nobody can get the answer any more.
func (a *answerTo[Resp]) send() error {
	err := a.object.Answer(a.request, a.buf)
	if errors.Is(err, ErrClosed) || errors.Is(err, ErrNotHeld) {
		return nil
	}
	return err
}

// panicError is what a function has panicked with, as an error. Methods of p may panic
// in their turn.
func panicError(p any) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("panic: (%T)", p)
		}
	}()
	if cause, ok := p.(error); ok {
		return fmt.Errorf("panic: %w", cause)
	}
	return fmt.Errorf("panic: %v", p)
}

// read is what a Call returns for a reply.
func (v *Service[Req, Resp]) read(reply driver.Reply) (resp Resp, err error) {
	if len(reply.Data) == 0 {
		return resp, v.failed("call", errors.New("the answer is empty"))
	}
	data := reply.Data[1:]
	switch reply.Data[0] {
	case answerGood:
		err = v.responses.Take(data, &resp)
		return resp, v.failed("call", err)
	case answerFailed:
		var failure serviceFailure
		if err := serviceFailures().Decode(data, &failure); err != nil || failure.Err == nil {
			return resp, v.failed("call", fmt.Errorf("read the error: %w", err))
		}
		return resp, &ServiceError{Service: v.Name(), PID: reply.PID, Msg: failure.Err.Msg, Stack: failure.Stack, wire: failure.Err}
	default:
		return resp, &ServiceError{Service: v.Name(), PID: reply.PID, Msg: strings.ToValidUTF8(string(data), "")}
	}
}

// endedServers is the error of a request that has ended all who served it.
func (v *Service[Req, Resp]) endedServers(reply driver.Reply) error {
	return &ServiceError{Service: v.Name(), PID: reply.PID, Msg: fmt.Sprintf(
		"%d processes have ended while they served this request, the last one as process %d: it is served no more", reply.Ends, reply.PID)}
}

// ServiceError is an error or a panic of a service's function. errors.Is finds
// what multiproc.RegisterError knows.
type ServiceError struct {
	Service string
	PID     int // the server's process ID
	Msg     string
	Stack   string // where it panicked, else empty

	wire *codec.Error
}

// Error tells the service, the process that served it and the message, but not the
// stack.
func (e *ServiceError) Error() string {
	return fmt.Sprintf("service %q in process %d: %s", e.Service, e.PID, e.Msg)
}

// Is tells whether the error matched target in its own process.
func (e *ServiceError) Is(target error) bool { return e.wire != nil && e.wire.Is(target) }
