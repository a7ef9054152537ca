package multiproc_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc"
)

// Some promises are about the first process: how it ends, and what is left then.
// A scenario is the main function of such a process: the test binary, started
// once more with this variable naming the scenario.
const scenarioVariable = "MULTIPROC_TEST_SCENARIO"

// scenarios are filled by init functions beside the tests that use them.
var scenarios = map[string]func(){}

// Under the race detector every process would sleep for a second at its exit, to
// let others report.
func init() {
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
}

func TestMain(m *testing.M) {
	if scenario := os.Getenv(scenarioVariable); scenario != "" {
		scenarios[scenario]()
		os.Exit(0)
	}
	multiproc.Init()
	os.Exit(m.Run())
}

// scenario is a command that runs the scenario name as a first process.
func scenario(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	if scenarios[name] == nil {
		t.Fatalf("no scenario %q", name)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), scenarioVariable+"="+name)
	return cmd
}

// outcome is how a scenario ended.
type outcome struct {
	code           int
	stdout, stderr string
}

// runScenario runs a scenario to its end.
func runScenario(t testing.TB, name string, args ...string) outcome {
	t.Helper()
	cmd := scenario(t, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("scenario %s: %v", name, err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// hang bounds what must happen some time: not a limit of speed, but the point at
// which a test is taken to hang.
const hang = 60 * time.Second

// within is a context for what must happen some time.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until ok, looking again every few milliseconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(hang)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// must is for what a scenario can't go on without.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("scenario: ", err))
	}
	return v
}
