package multiproc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/multiproc-go/multiproc"
)

// Surroundings are what a child finds around it.
type Surroundings struct {
	Args        []string
	Dir         string
	Env         map[string]string
	Umask       int
	Descriptors []string // "3 -> socket:[...]"
	Ignored     []int    // signals
	Cmdline     string
	Comm        string
	Session     int
	Group       int
	Program     string // the environment that a program started by it has
	AtInit      string // the mark in the environment while packages were initialized
	Info        multiproc.Info
}

// Package initialization is user code, too. It runs a program to see what that
// would find.
var atInit = func() string {
	if os.Getenv("MULTIPROC_TEST_AT_INIT") == "" {
		return ""
	}
	out, err := exec.Command("env").CombinedOutput()
	return fmt.Sprint(string(out), err)
}()

var look = multiproc.Func("look", func(context.Context, multiproc.None) (Surroundings, error) {
	s := Surroundings{Args: os.Args, Env: map[string]string{}, AtInit: atInit, Info: multiproc.Self()}
	s.Dir, _ = os.Getwd()
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		s.Env[k] = v
	}
	s.Umask = syscall.Umask(0)
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return s, err
	}
	for _, fd := range fds {
		target, err := os.Readlink("/proc/self/fd/" + fd.Name())
		if err == nil && !strings.HasPrefix(target, "/proc/") {
			s.Descriptors = append(s.Descriptors, fd.Name()+" -> "+target)
		}
	}
	for sig := 1; sig < 32; sig++ {
		if signal.Ignored(syscall.Signal(sig)) {
			s.Ignored = append(s.Ignored, sig)
		}
	}
	cmdline, err := os.ReadFile("/proc/self/cmdline")
	if err != nil {
		return s, err
	}
	s.Cmdline = string(cmdline)
	comm, err := os.ReadFile("/proc/self/comm")
	s.Comm = string(bytes.TrimSpace(comm))
	if err != nil {
		return s, err
	}
	s.Session, _ = unix.Getsid(0)
	s.Group = syscall.Getpgrp()
	out, err := exec.Command("env").Output()
	s.Program = string(out)
	return s, err
})

func TestChild_hasTheFirstProcessesArguments(t *testing.T) {
	s, err := look.Call(within(t), multiproc.None{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Args, os.Args) {
		t.Errorf("got  %q\nwant %q", s.Args, os.Args)
	}
}

func TestChild_psShowsItsFunction(t *testing.T) {
	p, err := idle.Start(t.Context(), multiproc.None{}, multiproc.WithName("a-rather-long-name-1"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	for column, want := range map[string]string{
		"args=": strings.Join(os.Args, " ") + " (a-rather-long-name-1)",
		"comm=": "a-rather-long-n",
	} {
		eventually(t, "ps shows "+want, func() bool {
			out, err := exec.Command("ps", "-ww", "-o", column, "-p", strconv.Itoa(p.PID())).Output()
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(out)) == want
		})
	}
}

func TestChild_hasItsParentsDirectoryUmaskAndEnvironment(t *testing.T) {
	t.Setenv("MULTIPROC_TEST_X", "1")
	t.Setenv("MULTIPROC_TEST_Y", "parent")
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	s, err := look.Call(within(t), multiproc.None{}, multiproc.WithEnv("MULTIPROC_TEST_Y=first", "MULTIPROC_TEST_Y=child", "MULTIPROC_TEST_EMPTY="))
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if s.Dir != here || s.Umask != 0o027 {
		t.Errorf("directory %q, umask %o; want %q, 027", s.Dir, s.Umask, here)
	}
	want := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		want[k] = v
	}
	want["MULTIPROC_TEST_Y"], want["MULTIPROC_TEST_EMPTY"] = "child", ""
	want["PWD"], s.Env["PWD"] = "", ""
	if !reflect.DeepEqual(s.Env, want) {
		t.Errorf("got environment  %v\nwant %v", s.Env, want)
	}
}

func TestWithDir_isTheChildsWorkingDirectory(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := look.Call(within(t), multiproc.None{}, multiproc.WithDir(dir))
	if err != nil || s.Dir != dir {
		t.Errorf("got %q, %v; want %q", s.Dir, err, dir)
	}
}

func TestChild_theMarkIsGoneBeforeAnyUserCode(t *testing.T) {
	s, err := look.Call(within(t), multiproc.None{}, multiproc.WithEnv("MULTIPROC_TEST_AT_INIT=1"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.AtInit, "MULTIPROC_TEST_AT_INIT=1") || strings.Contains(s.AtInit, "MULTIPROC_CHILD") {
		t.Errorf("a program started by package initialization had:\n%s", s.AtInit)
	}
	if strings.Contains(s.Program, "MULTIPROC_CHILD") || !strings.Contains(s.Program, "PATH=") {
		t.Errorf("a program started by the function had:\n%s", s.Program)
	}
}

func TestChild_aMarkWrittenByHandIsIgnored(t *testing.T) {
	cmd := scenario(t, "prints")
	cmd.Env = append(cmd.Env, "MULTIPROC_CHILD=c:1:2:fake")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) != 64<<10+1 {
		t.Errorf("%d bytes of output, %v: want the program to run as a first process", len(out), err)
	}
}

func TestChild_hasNoDescriptorsButItsOwn(t *testing.T) {
	leaky, err := os.Open("/dev/zero") // close-on-exec, as everything in Go
	if err != nil {
		t.Fatal(err)
	}
	defer leaky.Close()
	s, err := look.Call(within(t), multiproc.None{})
	if err != nil {
		t.Fatal(err)
	}
	// What the test itself was started with, and that every exec hands on.
	handedOn := map[string]bool{}
	for fd := 3; fd < 1024; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			handedOn[strconv.Itoa(fd)] = true
		}
	}
	var unexpected []string
	for _, d := range s.Descriptors {
		fd, target, _ := strings.Cut(d, " -> ")
		switch {
		case fd == "0" && target == os.DevNull:
		case fd == "1" || fd == "2":
		case fd == "3" && strings.HasPrefix(target, "socket:"): // its life line
		case handedOn[fd]:
		case strings.HasPrefix(target, "anon_inode:[event"): // Go's poller
		case strings.HasPrefix(target, "/sys/fs/cgroup/"): // Go's count of processors
		case strings.HasPrefix(target, "/memfd:multiproc-crash"): // the runtime's
		case target == "anon_inode:[pidfd]": // its watch of the next process in the family's space
		case strings.HasPrefix(target, "/memfd:multiproc"): // the family's space, since this program uses it
		default:
			unexpected = append(unexpected, d)
		}
	}
	if len(unexpected) > 0 {
		t.Errorf("unexpected: %q in %q", unexpected, s.Descriptors)
	}
}

func TestChild_leadsASessionOfItsOwn(t *testing.T) {
	s, err := look.Call(within(t), multiproc.None{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Session != s.Info.PID || s.Group != s.Info.PID {
		t.Errorf("process %d in session %d, group %d", s.Info.PID, s.Session, s.Group)
	}
}

func init() {
	scenarios["ignores SIGINT and SIGUSR1"] = func() {
		signal.Ignore(syscall.SIGINT, syscall.SIGUSR1)
		multiproc.Init()
		signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR2)
		s := must(look.Call(context.Background(), multiproc.None{}))
		fmt.Print(s.Ignored)
	}
}

func TestChild_ignoresTheSignalsThatItsParentIgnores(t *testing.T) {
	out := runScenario(t, "ignores SIGINT and SIGUSR1")
	if want := fmt.Sprint([]int{int(syscall.SIGINT), int(syscall.SIGUSR1)}); out.stdout != want {
		t.Errorf("got %s, want %s: what the parent handles is back to default\n%s", out.stdout, want, out.stderr)
	}
}

func TestSelf_describesTheProcess(t *testing.T) {
	first := multiproc.Self()
	if first.PID != os.Getpid() || first.Parent != os.Getppid() || first.Func != "" || first.Daemon ||
		first.Name != filepath.Base(os.Args[0]) || time.Since(first.Since) < 0 {
		t.Errorf("the first process: %+v", first)
	}
	p, err := look.Start(t.Context(), multiproc.None{}, multiproc.Daemon())
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Wait(within(t))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Info
	if got.PID != p.PID() || got.Parent != os.Getpid() || got.Func != "look" || !got.Daemon ||
		got.Name != p.Name() || !strings.HasPrefix(got.Name, "look-") || got.Since.Before(first.Since) {
		t.Errorf("the child: %+v", got)
	}
}

func TestChildren_areTheLivingOnesInTheOrderOfTheirStart(t *testing.T) {
	var started []string
	for _, name := range []string{"first", "second", "third"} {
		p, err := idle.Start(t.Context(), multiproc.None{}, multiproc.WithName(name))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Kill()
		started = append(started, fmt.Sprint(p.PID(), name))
	}
	var listed []string
	for _, c := range multiproc.Children() {
		if c.Func == "idle" && slices.Contains([]string{"first", "second", "third"}, c.Name) {
			listed = append(listed, fmt.Sprint(c.PID, c.Name))
		}
	}
	if !slices.Equal(started, listed) {
		t.Errorf("got %v, want %v", listed, started)
	}
}

// idle does nothing until it is stopped.
var idle = multiproc.Func("idle", func(ctx context.Context, _ multiproc.None) (multiproc.None, error) {
	<-ctx.Done()
	return multiproc.None{}, ctx.Err()
})

var readFile = multiproc.Func("readFile", func(_ context.Context, name string) (string, error) {
	f := multiproc.File(name)
	if f == nil {
		return "", os.ErrNotExist
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	below, err := readFileBelow.Call(context.Background(), name) // which must not have it
	return string(b) + below, err
})

var readFileBelow = multiproc.Func("readFileBelow", func(_ context.Context, name string) (string, error) {
	if multiproc.File(name) != nil {
		return ", and so has its child", nil
	}
	return "", nil
})

func TestWithFile_handsOverAFileDuplicatedAtOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte("contents"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	option := multiproc.WithFile("f", f)
	f.Close()
	got, err := readFile.Call(within(t), "f", option)
	if err != nil || got != "contents" {
		t.Errorf("got %q, %v", got, err)
	}
	if got := multiproc.File("f"); got != nil {
		t.Errorf("File in the first process: %v, want nil", got)
	}
}

func TestWithFile_handsOverAListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	p, err := answerOnce.Start(t.Context(), multiproc.None{}, multiproc.WithFile("listener", f))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	if err != nil || string(text) != strconv.Itoa(p.PID()) {
		t.Errorf("got %q, %v; want the child's process ID %d", text, err, p.PID())
	}
	if _, err := p.Wait(within(t)); err != nil {
		t.Error(err)
	}
}

var answerOnce = multiproc.Func("answerOnce", func(context.Context, multiproc.None) (multiproc.None, error) {
	l, err := net.FileListener(multiproc.File("listener"))
	if err != nil {
		return multiproc.None{}, err
	}
	conn, err := l.Accept()
	if err != nil {
		return multiproc.None{}, err
	}
	defer conn.Close()
	_, err = fmt.Fprint(conn, os.Getpid())
	return multiproc.None{}, err
})

func TestStart_namesTheOptionThatIsWrong(t *testing.T) {
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	twice := multiproc.WithFile("f", os.Stdin)
	for want, opts := range map[string][]multiproc.Option{
		`environment variable "NOVALUE"`:                              {multiproc.WithEnv("NOVALUE")},
		`environment variable "=x"`:                                   {multiproc.WithEnv("=x")},
		`working directory: stat /nowhere: no such file or directory`: {multiproc.WithDir("/nowhere")},
		`grace period -1s`:                                            {multiproc.WithGrace(-time.Second)},
		`file "closed"`:                                               {multiproc.WithFile("closed", closed)},
		`file "nil"`:                                                  {multiproc.WithFile("nil", nil)},
		`file "f": given twice`:                                       {twice, twice},
		`name "a\x00b"`:                                               {multiproc.WithName("a\x00b")},
		`standard output: `:                                           {multiproc.WithStdout(closed)},
		`standard error: the file is nil`:                             {multiproc.WithStderr((*os.File)(nil))},
		`standard input: `:                                            {multiproc.WithStdin(closed)},
	} {
		_, err := pid.Start(t.Context(), multiproc.None{}, opts...)
		if err == nil || !strings.HasPrefix(err.Error(), "multiproc: start pid: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
}

var writeToFile = multiproc.Func("writeFile", func(_ context.Context, name string) (multiproc.None, error) {
	_, err := multiproc.File(name).WriteString("written")
	return multiproc.None{}, err
})

func TestWithFile_theEndOfAPipeIsSeenWhenTheChildEnds(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	option := multiproc.WithFile("pipe", w)
	for range 2 { // w is open still, so the option may be used again
		if _, err := writeToFile.Call(within(t), "pipe", option); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	text, err := io.ReadAll(r)
	if err != nil || string(text) != "writtenwritten" {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := writeToFile.Start(t.Context(), "pipe", option); !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), `file "pipe"`) {
		t.Errorf("a start with it after w was closed: %v, want an error that names it", err)
	}
}
