package remote

import (
	"errors"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// Start starts this program again, with env added to its environment, by which it
// knows that it is to call Serve and with what. The test fails unless that process
// ends well, which it does once the test has ended.
func Start(t *testing.T, env ...string) driver.Space {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE")) // or each stays for a second
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	to, err := cmd.StdinPipe()
	must(t, err)
	from, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	p := newPeer(from, to)
	read := make(chan struct{})
	go func() {
		p.read()
		close(read)
	}()
	t.Cleanup(func() {
		_ = to.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("a process of the test: %v", err)
		}
	})
	return space{reference{p, root}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// root is the number of what Serve serves.
const root = 1

// Serve lets the process that started this one use s, over standard input and
// output, until it closes them.
func Serve(s driver.Space) error {
	p := newPeer(os.Stdin, os.Stdout)
	if p.keep(reflect.ValueOf(&s).Elem()) != root {
		return errors.New("the space is not the first thing")
	}
	p.read()
	return nil
}
