package processes

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/multiproc-go/multiproc"
)

var take = multiproc.Func("take", func(_ context.Context, input []byte) (int, error) {
	return len(input), nil
})

var give = multiproc.Func("give", func(_ context.Context, size int) ([]byte, error) {
	return make([]byte, size), nil
})

// carryIn prints the MiB/s at which a fresh child is given its input, from its
// start to its end.
func carryIn(ctx context.Context, args []string) error {
	return carryOf(args, func(data []byte) (int, error) { return take.Call(ctx, data) })
}

func carryInExec(_ context.Context, args []string) error {
	return carryOf(args, func(data []byte) (int, error) {
		cmd := plain("take", len(data))
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(string(bytes.TrimSpace(out)))
	})
}

// carryOut does so for the child's result.
func carryOut(ctx context.Context, args []string) error {
	return carryOf(args, func(data []byte) (int, error) {
		out, err := give.Call(ctx, len(data))
		return len(out), err
	})
}

func carryOutExec(_ context.Context, args []string) error {
	return carryOf(args, func(data []byte) (int, error) {
		cmd := plain("give", len(data))
		out, err := cmd.StdoutPipe()
		if err != nil {
			return 0, err
		}
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		n, err := io.ReadFull(out, make([]byte, len(data))) // it knows the size
		if err != nil {
			return n, err
		}
		return n, cmd.Wait()
	})
}

func carryOf(args []string, carry func(data []byte) (int, error)) error {
	mib, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), mib<<20/16)
	for range times {
		begin := time.Now()
		n, err := carry(data)
		took := time.Since(begin)
		if err != nil {
			return err
		}
		if n != len(data) {
			return fmt.Errorf("%d bytes arrived, want %d", n, len(data))
		}
		fmt.Println(float64(mib) / took.Seconds())
	}
	return nil
}
