package processes

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/multiproc-go/multiproc"
)

// idle says a word and waits until it is stopped.
var idle = multiproc.Func("idle", func(ctx context.Context, _ multiproc.None) (multiproc.None, error) {
	_, err := os.Stdout.WriteString(firstWordText)
	<-ctx.Done()
	return multiproc.None{}, err
})

// startIdle returns the process IDs of so many children that have said their
// word. They end with ctx.
func startIdle(ctx context.Context, children int, opts ...multiproc.Option) ([]int, error) {
	return startIdleBy(children, func(out *os.File) (int, error) {
		p, err := idle.Start(ctx, multiproc.None{}, append(opts, multiproc.WithStdout(out))...)
		if err != nil {
			return 0, err
		}
		return p.PID(), nil
	})
}

// startIdleExec does so with os/exec. The children end with this process, since
// their standard input does.
func startIdleExec(children int, prepare func(*exec.Cmd)) ([]int, error) {
	return startIdleBy(children, func(out *os.File) (int, error) {
		cmd := plain("idle", 0)
		cmd.Stdout = out
		if _, err := cmd.StdinPipe(); err != nil {
			return 0, err
		}
		prepare(cmd)
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		return cmd.Process.Pid, nil
	})
}

func startIdleBy(children int, start func(out *os.File) (int, error)) ([]int, error) {
	var pids []int
	for range children {
		in, out, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		pid, err := start(out)
		if err != nil {
			return nil, err
		}
		out.Close()
		if _, err := in.Read(make([]byte, 1)); err != nil {
			return nil, err
		}
		in.Close()
		pids = append(pids, pid)
	}
	return pids, nil
}

// memory prints the KiB that each of so many idle children takes: its
// proportional share, so that the pages of one program count once for all.
func memory(ctx context.Context, args []string) error {
	life, end := context.WithCancel(ctx)
	defer end()
	children, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	pids, err := startIdle(life, children)
	if err != nil {
		return err
	}
	if err := printShares(pids); err != nil {
		return err
	}
	end()
	return multiproc.Shutdown(ctx)
}

func memoryExec(_ context.Context, args []string) error {
	children, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	pids, err := startIdleExec(children, func(*exec.Cmd) {})
	if err != nil {
		return err
	}
	return printShares(pids)
}

func printShares(pids []int) error {
	for _, pid := range pids {
		kib, err := share(pid)
		if err != nil {
			return err
		}
		fmt.Println(kib)
	}
	return nil
}

func share(pid int) (kib int, err error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(rollup)) {
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kib); n == 1 {
			return kib, nil
		}
	}
	return 0, fmt.Errorf("process %d: no Pss in its smaps_rollup", pid)
}
