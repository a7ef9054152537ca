package processes

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/multiproc-go/multiproc"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/kernel"
)

// tree is a parent of so many idle daemons. It says a word when they are there,
// and goes on until it is killed.
func tree(ctx context.Context, args []string) error {
	return treeOf(ctx, args, func(children int) error {
		_, err := startIdle(context.WithoutCancel(ctx), children, multiproc.Daemon())
		return err
	})
}

// treeExec does so with os/exec, and with what the kernel offers against orphans.
func treeExec(ctx context.Context, args []string) error {
	runtime.LockOSThread() // the children die with the thread that started them
	return treeOf(ctx, args, func(children int) error {
		_, err := startIdleExec(children, kernel.DieWithThread)
		return err
	})
}

func treeOf(ctx context.Context, args []string, start func(children int) error) error {
	children, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if err := start(children); err != nil {
		return err
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// patience is when the end of a tree counts as one that never comes.
const patience = 2 * time.Second

// treeEnd prints the milliseconds from the SIGKILL of a parent until the last
// process of its tree has ended, seen from outside. Its arguments are how often,
// and the parent's command.
func treeEnd(_ context.Context, args []string) error {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range times {
		if err := endTree(args[1:]); err != nil {
			return err
		}
	}
	return nil
}

func endTree(command []string) error {
	parent := exec.Command(command[0], command[1:]...)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		return err
	}
	if err := parent.Start(); err != nil {
		return err
	}
	defer func() {
		_ = parent.Process.Kill() // it is, but after an error
		_ = parent.Wait()
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the parent ended early: %w", err)
	}
	pids, err := descendants(parent.Process.Pid)
	if err != nil {
		return err
	}
	all, err := kernel.Open(pids)
	if err != nil {
		return err
	}
	defer all.Close()
	defer all.Kill()

	begin := time.Now()
	if err := parent.Process.Kill(); err != nil {
		return err
	}
	ended, err := all.Await(patience)
	switch {
	case err != nil:
		return err
	case !ended:
		fmt.Println(harness.Never)
	default:
		fmt.Println(milliseconds(time.Since(begin)))
	}
	return nil
}

// descendants are pid itself and the processes below it.
func descendants(pid int) ([]int, error) {
	pids := []int{pid}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			return nil, err
		}
		for child := range strings.FieldsSeq(string(children)) {
			number, err := strconv.Atoi(child)
			if err != nil {
				return nil, err
			}
			below, err := descendants(number)
			if err != nil {
				return nil, err
			}
			pids = slices.Concat(pids, below)
		}
	}
	return pids, nil
}
