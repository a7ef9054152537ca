package ipc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Service answers requests. Any number of processes and goroutines may serve it, and
// call it; they may do so in any order, since calls wait for those who serve. Req and
// Resp are types that cross processes (see multiproc.Func), handles included.
//
// Order:    a Call synchronizes before the function that serves it, and that function's return before the Call's, in all processes.
// Crash:    the request of a process that dies while it serves goes to another, ahead of all that wait, so that the function may have run in part before it runs whole. One that has ended three processes is served no more. When a caller dies its request goes with it, and the function's context ends.
// Fairness: calls are served in the order of their coming.
// Cost:     the request's bytes and the answer's are copied twice each. Where both are busy a call takes about a microsecond and no system call; else each that sleeps is woken by one. Taking a call looks at as many cells as there have been calls at one time, 64 bytes each.
type Service[Req, Resp any] struct {
	handle[driver.Service]
	requests  *codec.Codec[Req]
	responses *codec.Codec[Resp]
}

// OpenService attaches to the service called name, or creates it. ErrType, naming the
// field, is for types that cannot cross.
func OpenService[Req, Resp any](ctx context.Context, s *Space, name string) (*Service[Req, Resp], error) {
	v, of, err := serviceFor[Req, Resp]()
	if err != nil {
		return nil, fmt.Errorf("open service %q: %w", name, err)
	}
	if v.handle, err = open(ctx, s, serviceOf(of), "service", name); err != nil {
		return nil, err
	}
	within(v.requests, s)
	within(v.responses, s)
	return v, nil
}

// serviceFor returns a service of these types that is not open yet.
func serviceFor[Req, Resp any]() (v *Service[Req, Resp], of driver.Type, err error) {
	requests, request, err := elementOf[Req]()
	if err != nil {
		return nil, of, fmt.Errorf("request: %w", err)
	}
	responses, response, err := elementOf[Resp]()
	if err != nil {
		return nil, of, fmt.Errorf("response: %w", err)
	}
	both := sha256.Sum256(append(request.Fingerprint[:], response.Fingerprint[:]...))
	of = driver.Type{Name: request.Name + " -> " + response.Name, Fingerprint: [16]byte(both[:16])}
	return &Service[Req, Resp]{requests: requests, responses: responses}, of, nil
}

// serviceOf opens services of a type.
func serviceOf(of driver.Type) opener[driver.Service] {
	return func(s driver.Space, ctx context.Context, which driver.Which) (driver.Service, error) {
		return s.OpenService(ctx, which, of)
	}
}

// Call sends req to one of those who serve, waiting for one where none is there, and
// returns the answer. An error or a panic of the function comes back as a
// *[ServiceError], and so do an answer that cannot be sent, and a request that has ended
// three processes that served it.
//
// When ctx ends, so does the function's context, and Call returns at once: the function
// may have run, may still run, or never will. So it is when the space is closed or the
// service deleted, which is ErrClosed. A request of more bytes than fit is ErrTooLarge,
// and one that the space has no room for ErrNoSpace; those are not sent.
func (v *Service[Req, Resp]) Call(ctx context.Context, req Req) (Resp, error) {
	var resp Resp
	request, err := v.requests.Encode(&req)
	if err != nil {
		return resp, v.failed("call", notEncoded(err))
	}
	reply, err := v.object.Call(ctx, request, nil)
	runtime.KeepAlive(v)
	switch {
	case err != nil:
		return resp, v.failed("call", err)
	case reply.Ends > 0:
		return resp, v.endedServers(reply)
	}
	return v.read(reply)
}

// Serve answers requests with f, one at a time, until ctx ends, and then returns nil.
// Call it from several goroutines to answer several at a time. It returns an error when
// the space is closed or the service deleted: ErrClosed.
//
// The context that f gets ends with ctx, and when the caller has gone, by the end of its
// own context or its death. What f returns is the answer even after that: the service
// goes on. When ctx ends, Serve waits for f to return. An f that ends its goroutine
// (runtime.Goexit) is answered with an error, and ends Serve.
//
// An f that calls the same service needs another to serve it meanwhile, and waits for
// ever where all who serve do that.
func (v *Service[Req, Resp]) Serve(ctx context.Context, f func(ctx context.Context, req Req) (Resp, error)) error {
	if f == nil {
		return v.failed("serve", errors.New("the function is nil"))
	}
	defer runtime.KeepAlive(v)
	const keep = 1 << 20 // of the buffers that grow with requests and answers
	var in, out []byte
	for ctx.Err() == nil {
		r, err := v.object.Take(ctx, in[:0])
		if err != nil {
			if ctx.Err() != nil && !errors.Is(err, ErrClosed) {
				return nil
			}
			return v.failed("serve", err)
		}
		out = v.serve(ctx, r, f, out[:0])
		if in = r.Data; cap(in) > keep {
			in = nil
		}
		if cap(out) > keep {
			out = nil
		}
	}
	return nil
}

// MarshalBinary lets the handle stand in what processes send one another. The service
// has to be there still when it arrives.
func (v *Service[Req, Resp]) MarshalBinary() ([]byte, error) { return v.marshal() }

// UnmarshalBinary attaches to the service that another process has sent. It must be
// one of the same types.
func (v *Service[Req, Resp]) UnmarshalBinary(data []byte) error {
	opened, of, err := serviceFor[Req, Resp]()
	if err != nil {
		return fmt.Errorf("receive service: %w", err)
	}
	if err := opened.unmarshal(data, serviceOf(of), "service"); err != nil {
		return err
	}
	within(opened.requests, opened.space)
	within(opened.responses, opened.space)
	*v = *opened
	return nil
}
