package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// startAndHear starts cmd and returns once it has said line. The function that
// it returns waits for the end, not only of the program but of all processes
// that can still write to its output: the buyers.
func startAndHear(t *testing.T, cmd *exec.Cmd, line string) (wait func() result) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = write, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test gave up early

	var heard strings.Builder
	out := bufio.NewReader(read)
	for !strings.Contains(heard.String(), line) {
		s, err := out.ReadString('\n')
		heard.WriteString(s)
		if err != nil {
			t.Fatalf("%v instead of %q after:\n%s%s", err, line, &heard, &errs)
		}
	}
	return func() result {
		t.Helper()
		rest, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		_ = cmd.Wait() // its status is in the result
		t.Logf("%s%s%s", &heard, rest, &errs)
		return result{cmd.ProcessState.ExitCode(), heard.String() + string(rest), errs.String()}
	}
}

func TestRush_interruptEndsItCleanly(t *testing.T) {
	for _, moment := range []string{"seed", "sees", "buys"} {
		cmd := program(t, "rush", "-buyers", "60", "-tickets", "70")
		locks := locks(t, cmd)
		wait := startAndHear(t, cmd, moment)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		r := wait()
		if r.code != 1 || !strings.Contains(r.errors, "interrupted") || strings.Contains(r.out, "The sum is wrong") {
			t.Errorf("interrupted at %q: exit status %d, errors %q", moment, r.code, r.errors)
		}
		if left := slices.Concat(entries(t, temp(cmd)), entries(t, locks)); len(left) > 0 {
			t.Errorf("interrupted at %q: left behind %q", moment, left)
		}
	}
}

// Nobody goes on buying when the rush itself is killed, and the stock is whole.
func TestRush_buyersDieWithTheRush(t *testing.T) {
	for _, moment := range []string{"seed", "sees", "buys"} {
		dir := shop(t, `{"count": 20}`)
		cmd := program(t, "rush", "-data", dir, "-buyers", "15")
		wait := startAndHear(t, cmd, moment)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		r := wait()
		checkAccounts(t, stockIn(t, dir), 20, r.bought())
	}
}
