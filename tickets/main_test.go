package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/tickets/internal/locktest"
)

// The tests run this test binary as the program itself; its buyers inherit the
// variable and are the same binary again.
func TestMain(m *testing.M) {
	if os.Getenv("TICKETS_PROGRAM") != "" {
		main()
	}
	os.Exit(locktest.Run(m))
}

// program returns the command with a directory of its own for temporary files.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // it hangs
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TICKETS_PROGRAM=1",
		"GORACE=atexit_sleep_ms=0", // else each of many processes sleeps for a second at its end
		"TMPDIR="+t.TempDir())
	return cmd
}

// temp is where cmd makes its temporary files.
func temp(cmd *exec.Cmd) string {
	for _, v := range slices.Backward(cmd.Env) {
		if dir, ok := strings.CutPrefix(v, "TMPDIR="); ok {
			return dir
		}
	}
	return ""
}

type result struct {
	code        int
	out, errors string
}

func tickets(t *testing.T, args ...string) result {
	t.Helper()
	return complete(t, program(t, args...))
}

func complete(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	r, err := attempt(t, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// attempt runs cmd; its error says that it could not even be started.
func attempt(t *testing.T, cmd *exec.Cmd) (result, error) {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return result{}, err
	}
	t.Logf("%s\n%s%s", strings.Join(cmd.Args[1:], " "), &out, &errs) // with its seed
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}, nil
}

// row returns the number in a row of the final table, or -1.
func (r result) row(name string) int {
	found := regexp.MustCompile(`(?m)^` + name + ` +(\d+)`).FindStringSubmatch(r.out)
	if found == nil {
		return -1
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// bought returns who says that it bought which ticket.
func (r result) bought() map[string]int {
	told := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^(buyer-\d+) +buys ticket (\d+)$`).FindAllStringSubmatch(r.out, -1) {
		told[m[1]], _ = strconv.Atoi(m[2])
	}
	return told
}

func (r result) lines(end string) int {
	return len(regexp.MustCompile(`(?m)^buyer-\d+ +`+end+`$`).FindAllString(r.out, -1))
}

type stock struct {
	Count int
	Sold  []struct {
		Ticket int
		Buyer  string
	}
}

// shop makes a directory with a ticket.json of the user's own.
func shop(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ticket.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func text(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "ticket.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func stockIn(t *testing.T, dir string) stock {
	t.Helper()
	var s stock
	if err := json.Unmarshal([]byte(text(t, dir)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// checkAccounts compares what the file says with what the buyers say: every
// ticket is left or sold once, and whoever says that it has one stands there.
func checkAccounts(t *testing.T, s stock, tickets int, bought map[string]int) {
	t.Helper()
	if s.Count+len(s.Sold) != tickets {
		t.Errorf("%d left and %d sold, of %d", s.Count, len(s.Sold), tickets)
	}
	numbers, owners := map[int]bool{}, map[string]int{}
	for _, sale := range s.Sold {
		numbers[sale.Ticket] = true
		owners[sale.Buyer] = sale.Ticket
	}
	if len(numbers) != len(s.Sold) {
		t.Errorf("%d sales of %d tickets", len(s.Sold), len(numbers))
	}
	for buyer, ticket := range bought {
		if owners[buyer] != ticket {
			t.Errorf("%s says it has ticket %d; the file says %d", buyer, ticket, owners[buyer])
		}
	}
}

// locks has cmd keep its locks in a directory of its own, and returns where.
func locks(t *testing.T, cmd *exec.Cmd) (dir string) {
	t.Helper()
	runtime, err := os.MkdirTemp(locktest.Tmpfs, "tickets-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtime) })
	cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+runtime)
	return filepath.Join(runtime, "multiproc")
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		names[f.Name()] = true
	}
	return slices.Sorted(maps.Keys(names))
}
