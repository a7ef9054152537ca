package multiproc_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/multiproc-go/multiproc"
)

// shell runs a shell script, to its end.
var shell = multiproc.Func("shell", func(_ context.Context, script string) (multiproc.None, error) {
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return multiproc.None{}, cmd.Run()
})

// A program that knows nothing of its parent, here a shell pipeline, runs below a
// daemon child. However this process ends, SIGKILL included, the daemon ends, and
// all programs of the pipeline with it; and so they do when the daemon is killed.
func ExampleDaemon() {
	output, childs, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer output.Close()
	pipeline := "(yes tick | head -n 3; sleep 1000) | sed s/^/tick,/ -u"
	p, err := shell.Start(context.Background(), pipeline, multiproc.Daemon(), multiproc.WithStdout(childs))
	childs.Close() // now it is the pipeline's alone
	if err != nil {
		fmt.Println(err)
		return
	}
	lines := bufio.NewScanner(output)
	for range 3 {
		lines.Scan()
		fmt.Println(lines.Text())
	}

	p.Kill()
	for lines.Scan() { // until no process has the output open any more
	}
	fmt.Println("all of the pipeline is gone")
	// Output:
	// tick,tick
	// tick,tick
	// tick,tick
	// all of the pipeline is gone
}
