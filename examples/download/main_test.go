package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program is the example, built as a user would.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "download-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "download")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// hang bounds what must happen some time: not a limit of speed, but the point at
// which a test is taken to hang.
const hang = 60 * time.Second

// command is the program, to be started.
func command(t *testing.T, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, program, args...)
}

// An end is how a run of the program ended.
type end struct {
	code           int
	stdout, stderr string
}

// download runs the program to its end.
func download(t *testing.T, args ...string) end {
	t.Helper()
	return <-begin(t, command(t, args...))
}

// begin starts a command. Its end is known when nobody has its output any more.
func begin(t *testing.T, cmd *exec.Cmd) <-chan end {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan end, 1)
	go func() {
		_ = cmd.Wait() // an error is in the exit status, too
		ended <- end{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}()
	return ended
}

// want checks the exit status, and that each text is in the output.
func (e end) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if e.code != code {
		t.Errorf("exit status %d, want %d", e.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(e.stdout+e.stderr, text) {
			t.Errorf("the output does not say %q", text)
		}
	}
	if t.Failed() {
		t.Fatalf("output:\n%s%s", e.stdout, e.stderr)
	}
}

// randomBytes are n bytes that are the same for the same seed.
func randomBytes(n int, seed byte) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return b
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// wantFile checks what a file has.
func wantFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes, SHA-256 %s; want %d, %s", filepath.Base(path), len(got), sha(got), len(want), sha(want))
	}
}

// wantOnly checks which files a directory has.
func wantOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the directory has %v, want %v", got, want)
	}
}

// eventually waits until ok, looking again every few milliseconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(hang); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
