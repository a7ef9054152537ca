package processes

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc"
)

const firstWordText = "word\n"

// word says the first word.
var word = multiproc.Func("word", func(context.Context, multiproc.None) (multiproc.None, error) {
	_, err := os.Stdout.WriteString(firstWordText)
	return multiproc.None{}, err
})

// firstWord prints the milliseconds from Start to the first byte that the
// function wrote. The child's end is not part of it.
func firstWord(ctx context.Context, args []string) error {
	return firstWordOf(args, startWord(ctx))
}

// firstWordDaemon is the same for a daemon. The first of them starts its
// parent's guard, too.
func firstWordDaemon(ctx context.Context, args []string) error {
	return firstWordOf(args, startWord(ctx, multiproc.Daemon()))
}

func firstWordExec(_ context.Context, args []string) error {
	return firstWordOf(args, func(out *os.File) (func() error, error) {
		cmd := plain("word", 0)
		cmd.Stdout = out
		return cmd.Wait, cmd.Start()
	})
}

func startWord(ctx context.Context, opts ...multiproc.Option) func(*os.File) (func() error, error) {
	return func(out *os.File) (func() error, error) {
		p, err := word.Start(ctx, multiproc.None{}, append(opts, multiproc.WithStdout(out))...)
		if err != nil {
			return nil, err
		}
		return func() error {
			_, err := p.Wait(ctx)
			return err
		}, nil
	}
}

// firstWordOf starts children one after the other. start is given the child's
// standard output, and returns how to wait for its end.
func firstWordOf(args []string, start func(out *os.File) (wait func() error, err error)) error {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range times {
		begin := time.Now()
		in, out, err := os.Pipe()
		if err != nil {
			return err
		}
		wait, err := start(out)
		if err != nil {
			return err
		}
		out.Close()
		if _, err := in.Read(make([]byte, 1)); err != nil {
			return err
		}
		fmt.Println(milliseconds(time.Since(begin)))
		if err := wait(); err != nil {
			return err
		}
		in.Close()
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
