//go:build unix

package office_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/tickets/internal/locktest"
	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

// In the processes that the tests below start, this test binary is a buyer.
func TestMain(m *testing.M) {
	if dir := os.Getenv("OFFICE_BUYER"); dir != "" {
		if err := buyForEver(dir); err != nil {
			fmt.Println(err)
		}
		os.Exit(0)
	}
	os.Exit(locktest.Run(m))
}

// buyForEver prints the number of each ticket once it has it.
func buyForEver(dir string) error {
	o, err := office.Open(context.Background(), dir)
	if err != nil {
		return err
	}
	if limit, err := strconv.ParseUint(os.Getenv("OFFICE_FILE_LIMIT"), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	for {
		ticket, err := o.Buy(context.Background(), os.Getenv("OFFICE_NAME"), "r")
		if err != nil {
			return err
		}
		fmt.Println(ticket)
	}
}

// Buyers are killed in the middle of their buying, again and again, while
// somebody looks: the file is always whole, no ticket is sold twice, and no sale
// that a buyer knew of is lost.
func TestOffice_buyersKilledAtAnyMomentLeaveAWholeFile(t *testing.T) {
	const tickets, rounds, together = 1_000_000, 50, 3
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed %d (set SEED to repeat)", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	o, dir := shop(t, fmt.Sprintf(`{"count": %d}`, tickets))

	stop, watched := make(chan struct{}), make(chan error, 1)
	go func() { watched <- watch(o, tickets, stop) }()

	told := map[int]string{}
	for round := range rounds {
		var buyers []*victim
		for i := range together {
			buyers = append(buyers, startVictim(t, dir, fmt.Sprintf("buyer-%d-%d", round, i)))
		}
		for _, b := range buyers {
			b.killAfter(t, time.Duration(random.Int64N(int64(5*time.Millisecond))))
		}
		for _, b := range buyers {
			for _, ticket := range b.wait(t) {
				if told[ticket] != "" {
					t.Errorf("ticket %d was sold to %s and to %s", ticket, told[ticket], b.name)
				}
				told[ticket] = b.name
			}
		}
	}
	close(stop)
	if err := <-watched; err != nil {
		t.Errorf("while buyers were killed: %v", err)
	}

	sold := map[int]string{}
	for _, sale := range look(t, o).Sold() {
		sold[sale.Ticket] = sale.Buyer
	}
	for ticket, buyer := range told {
		if sold[ticket] != buyer {
			t.Errorf("%s holds ticket %d, which the file sold to %q", buyer, ticket, sold[ticket])
		}
	}
	if len(told) == 0 {
		t.Error("nobody bought anything: nothing was tested")
	}
	t.Logf("%d sales, %d of them to buyers killed before they could say so", len(sold), len(sold)-len(told))
}

// watch looks without the lock until stop is closed: each stock that it sees is
// whole and adds up.
func watch(o *office.Office, tickets int, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		stock, err := o.Look()
		if err != nil {
			return err
		}
		if sum := stock.Left() + len(stock.Sold()); sum != tickets {
			return fmt.Errorf("%d left and sold, want %d", sum, tickets)
		}
	}
}

// A write that fails half-way, for whatever reason, leaves the file as it was.
func TestOffice_writeThatFailsHalfWayChangesNothing(t *testing.T) {
	const stock = `{"count": 3, "event": "a line that makes the file longer than its limit"}`
	for _, limit := range []string{"0", "10"} {
		_, dir := shop(t, stock)
		cmd := buyerCommand(dir, "ann")
		cmd.Env = append(cmd.Env, "OFFICE_FILE_LIMIT="+limit)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "write the stock: ") ||
			!strings.Contains(string(out), syscall.EFBIG.Error()) {
			t.Errorf("limit %s: %v, output %q", limit, err, out)
		}
		if got := string(read(t, dir)); got != stock {
			t.Errorf("limit %s: the file became %q", limit, got)
		}
		if _, err := os.Stat(filepath.Join(dir, "ticket.json.new")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("limit %s: half a file was left behind: %v", limit, err)
		}
	}
}

func buyerCommand(dir, name string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OFFICE_BUYER="+dir, "OFFICE_NAME="+name)
	return cmd
}

// A victim is a buyer that gets killed.
type victim struct {
	name string
	cmd  *exec.Cmd
	out  *bufio.Scanner
	told []int // the tickets that it says it has
}

func startVictim(t *testing.T, dir, name string) *victim {
	t.Helper()
	v := &victim{name: name, cmd: buyerCommand(dir, name)}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.cmd.Process.Kill() }) // where the test gave up early
	v.out = bufio.NewScanner(out)
	return v
}

// killAfter kills the buyer a moment after its first sale.
func (v *victim) killAfter(t *testing.T, moment time.Duration) {
	t.Helper()
	v.hear(t)
	time.Sleep(moment)
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}

func (v *victim) wait(t *testing.T) []int {
	t.Helper()
	for v.hear(t) {
	}
	_ = v.cmd.Wait() // killed, as it should be
	return v.told
}

func (v *victim) hear(t *testing.T) bool {
	t.Helper()
	if !v.out.Scan() {
		return false
	}
	ticket, err := strconv.Atoi(v.out.Text())
	if err != nil {
		t.Fatalf("%s says %q", v.name, v.out.Text())
	}
	v.told = append(v.told, ticket)
	return true
}
