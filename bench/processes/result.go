package processes

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc"
)

// answer returns a word, for who wants a result rather than output.
var answer = multiproc.Func("answer", func(context.Context, multiproc.None) (string, error) {
	return firstWordText, nil
})

// callAnswer starts a child and returns when it has ended.
func callAnswer(ctx context.Context) error {
	p, err := answer.Start(ctx, multiproc.None{})
	if err != nil {
		return err
	}
	_, err = p.Wait(ctx)
	return err
}

func callPlain(context.Context) error {
	_, err := plain("word", 0).Output()
	return err
}

// result prints the milliseconds that a child takes, from its start to its end.
func result(ctx context.Context, args []string) error     { return resultOf(ctx, args, callAnswer) }
func resultExec(ctx context.Context, args []string) error { return resultOf(ctx, args, callPlain) }

func resultOf(ctx context.Context, args []string, call func(context.Context) error) error {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range times {
		begin := time.Now()
		if err := call(ctx); err != nil {
			return err
		}
		fmt.Println(milliseconds(time.Since(begin)))
	}
	return nil
}

// many prints the seconds that many children take, some of them at a time.
func many(ctx context.Context, args []string) error     { return manyOf(ctx, args, callAnswer) }
func manyExec(ctx context.Context, args []string) error { return manyOf(ctx, args, callPlain) }

func manyOf(ctx context.Context, args []string, call func(context.Context) error) error {
	children, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	atATime, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	begin := time.Now()
	errs := make(chan error, children)
	var callers sync.WaitGroup
	for caller := range atATime {
		callers.Go(func() {
			for n := caller; n < children; n += atATime {
				errs <- call(ctx)
			}
		})
	}
	callers.Wait()
	took := time.Since(begin)
	for range children {
		if err := <-errs; err != nil {
			return err
		}
	}
	fmt.Println(took.Seconds())
	return nil
}
