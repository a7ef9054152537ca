package multiproc_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/multiproc-go/multiproc"
)

var speak = multiproc.Func("speak", func(_ context.Context, n int) (int, error) {
	block := bytes.Repeat([]byte("0123456789abcde\n"), 4096) // 64 KiB
	for written := 0; written < n; written += len(block) {
		os.Stdout.Write(block)
		if written%(1<<20) == 0 {
			os.Stderr.Write([]byte("."))
		}
	}
	return n, nil
})

// sluggish is a writer that is slow, and counts.
type sluggish struct {
	n      int
	writes int
}

func (s *sluggish) Write(p []byte) (int, error) {
	s.writes++
	for range 1000 { // slow by work, not by sleep
		s.n += len(p)
		s.n -= len(p)
	}
	s.n += len(p)
	return len(p), nil
}

func TestWithStdout_carries100MiBToASlowWriterWithoutLoss(t *testing.T) {
	var out, errs sluggish
	n, err := speak.Call(within(t), 100<<20, multiproc.WithStdout(&out), multiproc.WithStderr(&errs))
	if err != nil || n != 100<<20 {
		t.Fatalf("Call = %d, %v", n, err)
	}
	if out.n != 100<<20 || errs.n != 100 {
		t.Errorf("%d bytes on standard output and %d on standard error, want %d and 100", out.n, errs.n, 100<<20)
	}
}

func TestWithStdout_aBlockedWriterHoldsUpTheChildAndLosesNothing(t *testing.T) {
	r, w := io.Pipe() // nobody reads yet
	p, err := speak.Start(t.Context(), 1<<20, multiproc.WithStdout(w))
	if err != nil {
		t.Fatal(err)
	}
	var first [1]byte
	if _, err := io.ReadFull(r, first[:]); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
		t.Fatal("the process has ended with its output unread")
	default:
	}
	rest := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, r)
		rest <- n
	}()
	if _, err := p.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if n := <-rest; n+1 != 1<<20 {
		t.Errorf("got %d bytes, want %d", n+1, 1<<20)
	}
}

var errFull = errors.New("writer full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWait_tellsOfAWriterThatFailed(t *testing.T) {
	n, err := speak.Call(within(t), 1<<20, multiproc.WithStdout(full{}))
	if !errors.Is(err, errFull) || n != 1<<20 {
		t.Errorf("Call = %d, %v; want the result and the writer's error: the child goes on", n, err)
	}
}

var leaveBehind = multiproc.Func("leaveBehind", func(context.Context, multiproc.None) (int, error) {
	cmd := exec.Command("sleep", "1000")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	fmt.Println("the child's last words")
	return cmd.Process.Pid, nil
})

func TestWait_isNotHeldUpByAProgramLeftBehindWithTheOutputOpen(t *testing.T) {
	var out bytes.Buffer
	p, err := leaveBehind.Start(t.Context(), multiproc.None{}, multiproc.WithStdout(&out), multiproc.WithStderr(&out))
	if err != nil {
		t.Fatal(err)
	}
	left, err := p.Wait(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(left, syscall.SIGKILL)
	if out.String() != "the child's last words\n" {
		t.Errorf("output %q", out.String())
	}
	if err := syscall.Kill(left, 0); err != nil {
		t.Errorf("the program that a child left behind: %v; want it to live on, since the child was no daemon", err)
	}
}

// unsafeWriter notices two Writes at once.
type unsafeWriter struct {
	mu  sync.Mutex
	met bool
	n   int
}

func (w *unsafeWriter) Write(p []byte) (int, error) {
	if !w.mu.TryLock() {
		w.met = true
		return len(p), nil
	}
	defer w.mu.Unlock()
	w.n += len(p)
	return len(p), nil
}

func TestWithStderr_theSameWriterGetsOneWriteAtATime(t *testing.T) {
	var w unsafeWriter
	if _, err := speak.Call(within(t), 8<<20, multiproc.WithStdout(&w), multiproc.WithStderr(&w)); err != nil {
		t.Fatal(err)
	}
	if w.met || w.n != 8<<20+8 {
		t.Errorf("two Writes met: %v; %d bytes, want %d", w.met, w.n, 8<<20+8)
	}
}

var copyInput = multiproc.Func("copyInput", func(context.Context, multiproc.None) (string, error) {
	b, err := io.ReadAll(os.Stdin)
	return string(b), err
})

func TestWithStdin_feedsTheChild(t *testing.T) {
	text := strings.Repeat("line\n", 100_000)
	got, err := copyInput.Call(within(t), multiproc.None{}, multiproc.WithStdin(strings.NewReader(text)))
	if err != nil || got != text {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(text))
	}
}

func TestWithStdin_theNullDeviceIsTheDefault(t *testing.T) {
	got, err := copyInput.Call(within(t), multiproc.None{})
	if err != nil || got != "" {
		t.Errorf("got %q, %v; want nothing", got, err)
	}
}

func TestWithStdin_aReaderThatNeverEndsDoesNotHoldWaitUp(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	if _, err := pid.Call(within(t), multiproc.None{}, multiproc.WithStdin(r)); err != nil {
		t.Fatal(err)
	}
}

func TestWait_tellsOfAReaderThatFailed(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errFull))
	got, err := copyInput.Call(within(t), multiproc.None{}, multiproc.WithStdin(broken))
	if got != "abc" || !errors.Is(err, errFull) {
		t.Errorf("got %q, %v; want what there was, and the reader's error", got, err)
	}
}

func TestWithStdin_aFileIsHandedOver(t *testing.T) {
	f, err := os.Open("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := copyInput.Call(within(t), multiproc.None{}, multiproc.WithStdin(f))
	if err != nil || got == "" {
		t.Errorf("got %q, %v", got, err)
	}
}

func init() {
	scenarios["prints"] = func() {
		multiproc.Init()
		must(speak.Call(context.Background(), 64<<10))
	}
	scenarios["is killed while a child writes to a pipe of its"] = func() {
		multiproc.Init()
		must(outlive.Start(context.Background(), os.Args[1], multiproc.WithStdout(discard{}), multiproc.WithStderr(discard{})))
		os.Stdout.WriteString("started\n")
		select {}
	}
	scenarios["is killed while a child writes to its output"] = func() {
		multiproc.Init()
		must(outlive.Start(context.Background(), os.Args[1]))
		select {}
	}
}

func TestWithStdout_withoutItTheChildHasItsParentsDescriptors(t *testing.T) {
	out := runScenario(t, "prints")
	if out.code != 0 || len(out.stdout) != 64<<10 || out.stderr != "." {
		t.Errorf("exit status %d, %d bytes of output, errors %q", out.code, len(out.stdout), out.stderr)
	}
}

// outlive writes until its parent has ended, then some more, and then tells so in
// the file marker.
var outlive = multiproc.Func("outlive", func(_ context.Context, marker string) (multiproc.None, error) {
	parent := multiproc.Self().Parent
	for os.Getppid() == parent {
		fmt.Println("while the parent lives")
	}
	var failed error
	for range 100 {
		if _, err := fmt.Println("after its end"); err != nil {
			failed = err
		}
	}
	return multiproc.None{}, os.WriteFile(marker, fmt.Appendf(nil, "still there, last error: %v", failed), 0o600)
})

func TestWithStdout_aChildWithWritersOutlivesAParentThatIsKilled(t *testing.T) {
	marker := t.TempDir() + "/marker"
	cmd := scenario(t, "is killed while a child writes to a pipe of its", marker)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "the child tells that it has not died of SIGPIPE", func() bool {
		text, _ := os.ReadFile(marker)
		return strings.Contains(string(text), "still there") && strings.Contains(string(text), "broken pipe")
	})
}

func TestWithStdout_aChildWithoutWritersGoesOnWritingWhenItsParentIsKilled(t *testing.T) {
	marker := t.TempDir() + "/marker"
	cmd := scenario(t, "is killed while a child writes to its output", marker)
	r, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	if !lines.Scan() {
		t.Fatal("no output")
	}
	cmd.Process.Kill()
	cmd.Process.Wait()
	after := 0
	for lines.Scan() {
		if lines.Text() == "after its end" {
			after++
		}
	}
	if after != 100 {
		t.Errorf("%d lines after the parent's end, want 100", after)
	}
	eventually(t, "the child has had no error", func() bool {
		text, _ := os.ReadFile(marker)
		return string(text) == "still there, last error: <nil>"
	})
}
