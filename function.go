package multiproc

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/inherit"
)

// None is the input or the result of a function that has none.
type None = struct{}

// A Function is a registered function. It is safe for concurrent use.
type Function[In, Out any] struct {
	name string
	in   *codec.Codec[In]
	out  *codec.Codec[Out]
	run  func(ctx context.Context, in In) (Out, error)
}

// Func registers f under name, so that processes can be started to run it. The
// name is what crosses processes and machines. Call Func from a package-level
// var declaration. It panics on a name taken twice, and on an In or Out that
// cannot cross processes (a func, a channel, a struct whose unexported fields
// would be lost), naming the field. Types that implement
// [encoding.BinaryMarshaler] and [encoding.BinaryUnmarshaler] cross as they say,
// but not in an any, where nobody knows their type. The type any is let through,
// error crosses as a function's error does, and other interface types are refused.
// A value that cannot cross after all (in an any, a cycle, more than 256 MiB) is an
// error of Start, or of Wait. Strings cross exactly, UTF-8 or not, and times with
// their nanoseconds.
//
// Func panics once Main or Init has run: a child would not know the function. A
// function that starts itself is assigned to its variable in an init function,
// or Go sees an initialization cycle.
func Func[In, Out any](name string, f func(ctx context.Context, in In) (Out, error)) *Function[In, Out] {
	if f == nil {
		panic(fmt.Sprintf("multiproc: Func(%q): the function is nil", name))
	}
	in, err := codec.Of[In]()
	if err != nil {
		panic(fmt.Sprintf("multiproc: Func(%q): input: %v", name, err))
	}
	out, err := codec.Of[Out]()
	if err != nil {
		panic(fmt.Sprintf("multiproc: Func(%q): result: %v", name, err))
	}
	function := &Function[In, Out]{name: name, in: in, out: out, run: f}
	functions.add(name, function)
	return function
}

// Name is the name that the function is registered under.
func (f *Function[In, Out]) Name() string { return f.name }

// Start starts a process that runs the function on in. ctx is the child's life:
// when it ends, the child is stopped as by Stop, and the error of Wait matches
// ctx.Err() and context.Cause(ctx) whatever else it is; a function that
// nevertheless returns a nil error is believed: its result stands. The
// function's own context has ctx's deadline, not its values. Start returns
// [ErrNoMain] where neither Main nor Init has run in this process.
//
// When Start has returned, the child has its input, and what the handles in it
// stand for, whatever becomes of the parent. Only a child that is a [Daemon] ends
// with the parent.
func (f *Function[In, Out]) Start(ctx context.Context, in In, opts ...Option) (*Process[Out], error) {
	handles := inherit.Sent.Load()
	input, err := f.in.Encode(&in)
	if err != nil {
		return nil, fmt.Errorf("multiproc: start %s: input: %w", f.name, err)
	}
	c, err := start(ctx, f.name, input, opts)
	if err != nil {
		return nil, err
	}
	if inherit.Sent.Load() != handles {
		<-c.proc.Taken()
		runtime.KeepAlive(in) // what is in it is held until the child holds it
	}
	return newProcess(c, f.out), nil
}

// Call is Start and Wait in one: it runs the function in a fresh daemon process,
// which is stopped when ctx ends. It returns when that process is gone.
func (f *Function[In, Out]) Call(ctx context.Context, in In, opts ...Option) (Out, error) {
	p, err := f.Start(ctx, in, append([]Option{Daemon()}, opts...)...)
	if err != nil {
		var zero Out
		return zero, err
	}
	return p.Wait(context.Background())
}

// bind decodes an input in this process, a child, and returns the function's call
// with it.
func (f *Function[In, Out]) bind(input []byte) (call, error) {
	var in In
	if err := f.in.Take(input, &in); err != nil {
		return nil, fmt.Errorf("read the input: %w", err)
	}
	return func(ctx context.Context) (result []byte, err error) {
		out, err := f.run(ctx, in)
		result, lost := f.out.Encode(&out)
		if lost != nil && err == nil {
			return nil, fmt.Errorf("send the result: %w", lost)
		}
		return result, err
	}, nil
}

// A call runs a function on its input and returns the encoded result.
type call func(ctx context.Context) (result []byte, err error)

// A bindable is a Function of whatever types.
type bindable interface {
	bind(input []byte) (call, error)
}

// functions are those registered, by name.
var functions registry

type registry struct {
	mu     sync.RWMutex
	byName map[string]bindable
}

func (r *registry) add(name string, f bindable) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case name == "":
		panic("multiproc: Func: the name is empty")
	case strings.ContainsAny(name, "\x00\n"):
		panic(fmt.Sprintf("multiproc: Func(%q): a name is one line", name))
	case begun.Load():
		panic(fmt.Sprintf("multiproc: Func(%q): Main or Init has run already; a child would not know the function", name))
	case r.byName[name] != nil:
		panic(fmt.Sprintf("multiproc: Func(%q): the name is taken", name))
	}
	if r.byName == nil {
		r.byName = make(map[string]bindable)
	}
	r.byName[name] = f
}

func (r *registry) bind(name string, input []byte) (call, error) {
	r.mu.RLock()
	f := r.byName[name]
	r.mu.RUnlock()
	if f == nil {
		return nil, fmt.Errorf("no function %q is registered here; Func belongs into a package-level var declaration, which runs in every process", name)
	}
	return f.bind(input)
}
