package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestRush_elevenBuyersTenTickets(t *testing.T) {
	cmd := program(t, "rush")
	locks := locks(t, cmd)
	r := complete(t, cmd)
	if r.code != 0 || r.errors != "" {
		t.Fatalf("exit status %d, errors %q", r.code, r.errors)
	}
	if n := r.lines(`sees 10 left`); n != 11 {
		t.Errorf("%d buyers saw 10 tickets, want all 11: they look before anybody buys", n)
	}
	numbers := map[int]bool{}
	for _, ticket := range r.bought() {
		numbers[ticket] = true
	}
	if len(r.bought()) != 10 || len(numbers) != 10 || r.lines(`is refused: sold out`) != 1 {
		t.Errorf("%d buyers with %d tickets, %d refused", len(r.bought()), len(numbers), r.lines(`is refused: sold out`))
	}
	if r.row("tickets") != 10 || r.row("sold") != 10 || r.row("refused") != 1 || r.row("left") != 0 || r.row("time") < 0 {
		t.Error("the table is wrong")
	}
	if !strings.Contains(r.out, "The sum holds: 10 sold + 0 left = 10") {
		t.Error("the sum is not told")
	}
	if left := entries(t, temp(cmd)); len(left) > 0 {
		t.Errorf("left in the directory for temporary files: %q", left)
	}
	if left := entries(t, locks); len(left) > 0 {
		t.Errorf("left a lock behind: %q", left)
	}
}

func TestRush_moreTicketsThanBuyers(t *testing.T) {
	r := tickets(t, "rush", "-tickets", "5", "-buyers", "2")
	if r.code != 0 || r.row("sold") != 2 || r.row("refused") != 0 || r.row("left") != 3 {
		t.Errorf("exit status %d", r.code)
	}
}

func TestRush_sellsFromTheUsersOwnStock(t *testing.T) {
	dir := shop(t, `{"count": 3}`)
	r := tickets(t, "rush", "-data", dir, "-buyers", "5")
	if r.code != 0 || r.row("sold") != 3 || r.row("refused") != 2 || r.row("left") != 0 {
		t.Errorf("exit status %d", r.code)
	}
	checkAccounts(t, stockIn(t, dir), 3, r.bought())

	r = tickets(t, "rush", "-data", dir, "-buyers", "2")
	if r.code != 0 || r.row("sold") != 0 || r.row("refused") != 2 {
		t.Errorf("sold out: exit status %d", r.code)
	}
	if got := entries(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
		t.Errorf("files in the directory: %q", got)
	}
}

func TestRush_neverOverwritesAStock(t *testing.T) {
	dir := shop(t, `{"count": 3}`)
	r := tickets(t, "rush", "-data", dir, "-tickets", "7", "-buyers", "1")
	if r.code != 0 || !strings.Contains(r.out, "is there already: -tickets 7 is not used") {
		t.Errorf("exit status %d", r.code)
	}
	if s := stockIn(t, dir); s.Count != 2 {
		t.Errorf("%d left, want 2", s.Count)
	}
}

func TestRush_makesAStockWhereItIsToldTo(t *testing.T) {
	dir := t.TempDir()
	r := tickets(t, "rush", "-data", dir, "-tickets", "7", "-buyers", "3")
	if r.code != 0 || r.row("tickets") != 7 {
		t.Errorf("exit status %d", r.code)
	}
	checkAccounts(t, stockIn(t, dir), 7, r.bought())
}

func TestRush_withoutTheLockSellsTicketsTwice(t *testing.T) {
	for _, buyers := range []string{"2", "11", "11", "11", "40"} {
		r := tickets(t, "rush", "-unsafe", "-buyers", buyers)
		if r.code != 1 || r.row("twice") < 1 || !strings.Contains(r.out, "The sum is wrong") {
			t.Errorf("%s buyers: exit status %d, %d tickets sold twice", buyers, r.code, r.row("twice"))
		}
		if !strings.Contains(r.errors, "that is what -unsafe is there to show") {
			t.Errorf("errors: %q", r.errors)
		}
	}
}

func TestRush_aLoneBuyerNeedsNoLock(t *testing.T) {
	if r := tickets(t, "rush", "-unsafe", "-buyers", "1"); r.code != 0 || r.row("twice") != -1 {
		t.Errorf("exit status %d", r.code)
	}
}

func TestRush_theSumHoldsWhoeverIsKilled(t *testing.T) {
	for _, kill := range []string{"1", "5", "11"} {
		dir := shop(t, `{"count": 8}`)
		r := tickets(t, "rush", "-data", dir, "-kill", kill)
		if r.code != 0 || !strings.Contains(r.out, "The sum holds") {
			t.Errorf("exit status %d, errors %q", r.code, r.errors)
		}
		if n := r.lines("is killed"); r.row("killed") != n || kill != strconv.Itoa(n) {
			t.Errorf("%d buyers killed, want %s", n, kill)
		}
		s := stockIn(t, dir)
		checkAccounts(t, s, 8, r.bought())
		if r.row("sold") != len(s.Sold) || r.row("left") != s.Count {
			t.Errorf("the table says %d sold and %d left", r.row("sold"), r.row("left"))
		}
		if got := entries(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
			t.Errorf("files in the directory: %q", got)
		}
	}
}

func TestRush_twoAtOnceFromOneStock(t *testing.T) {
	dir := shop(t, `{"count": 15}`)
	link := filepath.Join(t.TempDir(), "shop")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	var results [2]result
	var wg sync.WaitGroup
	for i, data := range []string{dir, link} {
		wg.Go(func() { results[i] = tickets(t, "rush", "-data", data, "-buyers", "10") })
	}
	wg.Wait()
	if results[0].row("sold")+results[1].row("sold") != 15 {
		t.Errorf("sold %d and %d, want 15 together", results[0].row("sold"), results[1].row("sold"))
	}
	checkAccounts(t, stockIn(t, dir), 15, nil)
	for _, r := range results {
		if r.code != 0 {
			t.Errorf("exit status %d: %s", r.code, r.errors)
		}
	}
}

func TestRush_aThousandTicketsFiveHundredBuyers(t *testing.T) {
	dir := t.TempDir()
	r := tickets(t, "rush", "-tickets", "1000", "-buyers", "500", "-kill", "50", "-data", dir)
	if r.code != 0 || r.row("killed") != 50 || r.row("sold") < 450 {
		t.Errorf("exit status %d, %d killed, %d sold", r.code, r.row("killed"), r.row("sold"))
	}
	checkAccounts(t, stockIn(t, dir), 1000, r.bought())
}
