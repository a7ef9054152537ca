package multiproc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/multiproc-go/multiproc/internal/codec"
	"github.com/multiproc-go/multiproc/internal/inherit"
	"github.com/multiproc-go/multiproc/internal/proc"
)

// inherited are the files handed over by WithFile.
var inherited map[string]*os.File

// File returns the file handed over under name by WithFile, or nil. It is not
// handed on to this process's own children.
func File(name string) *os.File { return inherited[name] }

// live is the whole life of a child: it takes its order, runs the function,
// answers, and ends as Main does.
func live(parent *proc.Parent) {
	stopped := terminable(parent)
	parent.Ready()
	m, err := proc.ReadMessage(parent.LifeLine)
	if err != nil {
		os.Exit(1) // the parent ended before it could say what to do
	}
	var todo order
	if err := todo.decode(m.Head); err != nil {
		fmt.Fprintf(os.Stderr, "multiproc: process %d: read its order: %v\n", os.Getpid(), err)
		os.Exit(1)
	}
	self = Info{
		PID: os.Getpid(), Parent: parent.PID, Name: parent.Name,
		Func: todo.Func, Daemon: parent.Daemon, Since: todo.Since,
	}
	codec.Func = todo.Func
	_ = proc.SaveCrashes() // where that fails, ExitError says less
	if err := take(todo); err != nil {
		fmt.Fprintf(os.Stderr, "multiproc: process %d: %v\n", os.Getpid(), err)
		os.Exit(1)
	}
	if todo.Captured {
		proc.SurvivePipes()
	}
	if todo.Memory > 0 {
		proc.LimitOwnMemory(todo.Memory)
	}
	if parent.Daemon {
		go parent.DieWithParent()
	}

	code := 0
	defer func() { os.Exit(code) }() // also when the function has ended the goroutine
	defer func() { _ = Shutdown(context.Background()) }()
	perform(lifeOf(stopped, todo), parent, todo.Func, m.Body, func(a answer, result []byte) {
		if a.Err != nil || a.Panic != nil {
			code = 1
		}
		a.HasResult = result != nil
		a.MaxRSS = proc.PeakMemory()
		reply(parent, a, result)
	})
}

// take takes what the parent has handed over besides the input.
func take(todo order) error {
	inherited = make(map[string]*os.File, len(todo.Files))
	for i, name := range todo.Files {
		inherited[name] = proc.InheritedFile(i, name)
	}
	if inherit.Family == nil || todo.Place == 0 {
		return nil
	}
	return inherit.Family.Take(proc.InheritedFile(len(todo.Files), "family space"), todo.Place, self.Name)
}

// terminable returns a context that SIGTERM cancels.
func terminable(parent *proc.Parent) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := parent.Terminations()
	go func() { cancel(interrupted{<-signals}) }()
	return ctx
}

// lifeOf returns the function's context, which ends with ctx and at the deadline
// of the context that the process was started with.
func lifeOf(ctx context.Context, todo order) context.Context {
	if !todo.Deadline.IsZero() {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, todo.Deadline)
		context.AfterFunc(ctx, stop) // and not sooner: it is the life of the children started with it, too
	}
	return ctx
}

// perform runs the function and hands over what became of it, once, however the
// function ends.
func perform(ctx context.Context, parent *proc.Parent, function string, input []byte, then func(a answer, result []byte)) {
	var a answer
	var result []byte
	returned := false
	defer func() {
		if v := recover(); v != nil {
			a.Panic = &panicked{Value: text(v), Stack: string(debug.Stack())}
		} else if !returned {
			a.Err = codec.NewError(errors.New("the function ended its goroutine (runtime.Goexit)"))
		}
		then(a, result)
	}()
	run, err := functions.bind(function, input)
	if err == nil {
		parent.Taken()
		result, err = run(ctx)
	}
	returned = true
	if err != nil {
		a.Err = codec.NewError(err)
	}
}

// text is what a panic prints for v, which may panic in its turn.
func text(v any) (s string) {
	defer func() {
		if recover() != nil {
			s = fmt.Sprintf("(%T)", v)
		}
	}()
	if err, ok := v.(error); ok {
		return err.Error()
	}
	return fmt.Sprint(v)
}

// reply sends the answer. Where it can't be sent, the parent has ended, and
// nobody wants it.
func reply(parent *proc.Parent, a answer, result []byte) {
	head, err := a.encode()
	if err != nil {
		head, _ = answer{failure: failure{Err: codec.NewError(err)}}.encode()
	}
	parent.Answer(proc.Message{Head: head, Body: result})
}
