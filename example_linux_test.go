package multiproc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/multiproc-go/multiproc"
)

// Thumbnail is what the functions of the examples work on.
type Thumbnail struct {
	File          string
	Width, Height int
}

var errNoImage = errors.New("not an image")

func init() { multiproc.RegisterError("example.errNoImage", errNoImage) }

var resize = multiproc.Func("resize", func(_ context.Context, t Thumbnail) (Thumbnail, error) {
	if !strings.HasSuffix(t.File, ".png") {
		return t, fmt.Errorf("%s: %w", t.File, errNoImage)
	}
	pixels := make([]byte, t.Width*t.Height)
	pixels[0] = 1 // panics where there are none
	t.Width, t.Height = t.Width/2, t.Height/2
	return t, nil
})

var greet = multiproc.Func("greet", func(_ context.Context, whom string) (multiproc.None, error) {
	fmt.Printf("%s, %s, says %s\n", os.Getenv("GREETING"), whom, multiproc.Self().Name)
	return multiproc.None{}, nil
})

var wait = multiproc.Func("wait", func(ctx context.Context, _ multiproc.None) (string, error) {
	<-ctx.Done()
	return "stopped when asked to", nil
})

var crash = multiproc.Func("crash", func(context.Context, multiproc.None) (multiproc.None, error) {
	syscall.Kill(os.Getpid(), syscall.SIGKILL) // as the out-of-memory killer would
	select {}
})

func Example() {
	// var resize = multiproc.Func("resize", func(ctx context.Context, t Thumbnail) (Thumbnail, error) {...})
	small, err := resize.Call(context.Background(), Thumbnail{"cat.png", 640, 480})
	fmt.Println(small, err)
	// Output: {cat.png 320 240} <nil>
}

func ExampleFunction() {
	ctx := context.Background()
	var running []*multiproc.Process[Thumbnail]
	for _, file := range []string{"a.png", "b.png", "c.png"} {
		p, err := resize.Start(ctx, Thumbnail{file, 100, 100}) // all at the same time
		if err != nil {
			fmt.Println(err)
			return
		}
		running = append(running, p)
	}
	for _, p := range running {
		fmt.Println(p.Wait(ctx))
	}
	// Output:
	// {a.png 50 50} <nil>
	// {b.png 50 50} <nil>
	// {c.png 50 50} <nil>
}

func ExampleProcess() {
	ctx := context.Background()
	p, err := wait.Start(ctx, multiproc.None{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("alive:", p.Alive())

	// Waiting is bounded by a context of its own, and does not stop the process.
	soon, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	_, err = p.Wait(soon)
	fmt.Println("not yet:", errors.Is(err, context.DeadlineExceeded))

	p.Stop(ctx)
	fmt.Println(p.Wait(ctx))
	// Output:
	// alive: true
	// not yet: true
	// stopped when asked to <nil>
}

func ExampleExit() {
	p, err := crash.Start(context.Background(), multiproc.None{})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-p.Done()
	exit, _ := p.Exit()
	fmt.Println(exit, exit.Code, exit.Signal == syscall.SIGKILL, exit.Wall > 0)
	// Output: signal: killed -1 true true
}

func ExampleOption() {
	greet.Call(context.Background(), "world",
		multiproc.WithName("the greeter"),
		multiproc.WithEnv("GREETING=Hello"),
		multiproc.WithStdout(os.Stdout))
	// Output: Hello, world, says the greeter
}

func ExampleInfo() {
	p, err := wait.Start(context.Background(), multiproc.None{}, multiproc.WithName("patience"), multiproc.Daemon())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, child := range multiproc.Children() {
		fmt.Println(child.Name, "runs", child.Func, "as a daemon:", child.Daemon, "below:", child.Parent == multiproc.Self().PID)
	}
	p.Stop(context.Background())
	// Output: patience runs wait as a daemon: true below: true
}

func ExampleRemoteError() {
	_, err := resize.Call(context.Background(), Thumbnail{"cat.txt", 640, 480})
	var remote *multiproc.RemoteError
	fmt.Println(errors.As(err, &remote), remote.Func, remote.Msg)
	fmt.Println(errors.Is(err, errNoImage)) // by RegisterError
	// Output:
	// true resize cat.txt: not an image
	// true
}

func ExamplePanicError() {
	_, err := resize.Call(context.Background(), Thumbnail{"cat.png", 0, 480})
	var panicked *multiproc.PanicError
	fmt.Println(errors.As(err, &panicked), panicked.Value)
	fmt.Println(strings.Contains(panicked.Stack, "example_linux_test.go"))
	// Output:
	// true runtime error: index out of range [0] with length 0
	// true
}

func ExampleExitError() {
	_, err := crash.Call(context.Background(), multiproc.None{})
	var exit *multiproc.ExitError
	fmt.Println(errors.As(err, &exit), exit.Exit)
	// Output: true signal: killed
}

// A function that has no input or no result says None.
func ExampleNone() {
	_, err := crash.Call(context.Background(), multiproc.None{})
	fmt.Println(err != nil)
	// Output: true
}
