package office_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"

	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

func TestOffice_sellsFromTheShortestFile(t *testing.T) {
	o, dir := shop(t, `{"count": 2}`)
	for want := 1; want <= 2; want++ {
		if ticket, err := o.Buy(t.Context(), "ann", "r"); err != nil || ticket != want {
			t.Fatalf("sale %d: ticket %d, %v", want, ticket, err)
		}
	}
	if ticket, err := o.Buy(t.Context(), "bob", "r"); !errors.Is(err, office.ErrSoldOut) || ticket != 0 {
		t.Fatalf("third sale of two: ticket %d, %v, want ErrSoldOut", ticket, err)
	}

	stock := look(t, o)
	want := []office.Sale{{Ticket: 1, Buyer: "ann", Rush: "r"}, {Ticket: 2, Buyer: "ann", Rush: "r"}}
	if stock.Left() != 0 || !slices.Equal(stock.Sold(), want) {
		t.Errorf("stock: %d left, sold %v", stock.Left(), stock.Sold())
	}
	if got := names(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
		t.Errorf("files in the directory: %q", got)
	}
}

func TestOffice_keepsWhatTheUserWrote(t *testing.T) {
	o, dir := shop(t, `{"event": "Gala <ü>", "count": 3, "doors": {"open": 19.30},
		"sold": [{"ticket": 7, "seat": "A1"}]}`)
	if err := os.Chmod(filepath.Join(dir, office.FileName), 0o640); err != nil {
		t.Fatal(err)
	}
	if ticket, err := o.Buy(t.Context(), "ann", ""); err != nil || ticket != 8 {
		t.Fatalf("ticket %d, %v; want 8, the one after the highest sold", ticket, err)
	}

	var got struct {
		Event string
		Count int
		Doors map[string]json.Number
		Sold  []map[string]any
	}
	if err := json.Unmarshal(read(t, dir), &got); err != nil {
		t.Fatal(err)
	}
	if text := string(read(t, dir)); !strings.Contains(text, "Gala <ü>") {
		t.Errorf("the user's text is no longer readable: %s", text)
	}
	if got.Event != "Gala <ü>" || got.Doors["open"] != "19.30" || got.Count != 2 {
		t.Errorf("after a sale: %+v", got)
	}
	if len(got.Sold) != 2 || got.Sold[0]["seat"] != "A1" || got.Sold[1]["buyer"] != "ann" {
		t.Errorf("sold: %v", got.Sold)
	}
	info, err := os.Stat(filepath.Join(dir, office.FileName))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v; want the old file's, 0640", info.Mode(), err)
	}
}

func TestOffice_sellsToManyAtOnceEachTicketOnce(t *testing.T) {
	const tickets, buyers = 60, 80
	o, _ := shop(t, `{"count": 60}`)
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		holders = map[int]int{}
		refused int
	)
	for range buyers {
		wg.Go(func() {
			ticket, err := o.Buy(t.Context(), "b", "r")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, office.ErrSoldOut):
				refused++
			case err != nil:
				t.Error(err)
			default:
				holders[ticket]++
			}
		})
	}
	wg.Wait()
	if len(holders) != tickets || refused != buyers-tickets {
		t.Errorf("%d tickets sold, %d buyers refused", len(holders), refused)
	}
	if most := slices.Max(slices.Collect(maps.Values(holders))); most != 1 {
		t.Errorf("one ticket was sold %d times", most)
	}
}

func TestOffice_unlockedSellsOneTicketTwice(t *testing.T) {
	o, dir := shop(t, `{"count": 5}`)
	seen := look(t, o)
	for _, buyer := range []string{"ann", "bob"} {
		if ticket, err := o.BuyUnlocked(seen, buyer, "r"); err != nil || ticket != 1 {
			t.Fatalf("%s: ticket %d, %v; want 1", buyer, ticket, err)
		}
	}
	stock := look(t, o)
	if stock.Left() != 4 || len(stock.Sold()) != 1 || stock.Sold()[0].Buyer != "bob" {
		t.Errorf("stock: %d left, sold %v; want the last writer's", stock.Left(), stock.Sold())
	}
	if got := names(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
		t.Errorf("files in the directory: %q", got)
	}
}

func TestOffice_refusesWhatIsNoStock(t *testing.T) {
	for _, c := range []struct{ file, complaint string }{
		{"", "it is empty"},
		{" \n", "it is empty"},
		{`{"count": 3`, "damaged: line 1: unexpected end"},
		{"{\n\"count\": x}", "damaged: line 2: invalid character 'x'"},
		{`{"count": 3} {}`, "damaged"},
		{`[3]`, "damaged"},
		{`null`, `it has no "count"`},
		{`{}`, `it has no "count"`},
		{`{"Count": 3}`, `it has no "count"`},
		{`{"count": null}`, `it has no "count"`},
		{`{"count": -1}`, `"count" is -1`},
		{`{"count": 9007199254740993}`, `"count" is 9007199254740993`},
		{`{"count": 2.5}`, `"count": json: cannot unmarshal number 2.5`},
		{`{"count": "3"}`, `"count": json: cannot unmarshal string`},
		{`{"count": 3, "sold": 2}`, `"sold": json: cannot unmarshal number`},
		{`{"count": 3, "sold": [{}]}`, `"sold" has a ticket number 0`},
		{`{"count": 3, "sold": [null]}`, `"sold" has a ticket number 0`},
		{`{"count": 3, "sold": [{"ticket": 4}, {"ticket": 4}]}`, `"sold" has ticket 4 twice`},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, office.FileName)
		write(t, file, c.file)
		_, err := office.Open(t.Context(), dir)
		if err == nil || !strings.Contains(err.Error(), c.complaint) || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: error %v, want the file's name and %q", c.file, err, c.complaint)
		}
		if got := string(read(t, dir)); got != c.file {
			t.Errorf("%q became %q", c.file, got)
		}
	}
}

func TestOffice_damageAfterOpeningStaysAsItIs(t *testing.T) {
	o, dir := shop(t, `{"count": 3}`)
	write(t, filepath.Join(dir, office.FileName), `{"count": `)
	if _, err := o.Buy(t.Context(), "ann", "r"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("buy from a damaged file: %v", err)
	}
	if got := string(read(t, dir)); got != `{"count": ` {
		t.Errorf("the damaged file became %q", got)
	}
}

func TestOpen_saysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := office.Open(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, office.FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := office.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a directory in its place: %v", err)
	}
}

func TestOpen_followsALinkToTheOneFile(t *testing.T) {
	o, dir := shop(t, `{"count": 3}`)
	file, elsewhere := filepath.Join(dir, office.FileName), t.TempDir()
	link := filepath.Join(elsewhere, office.FileName)
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	_, release := holdLock(t, elsewhere)
	if _, err := o.Lock().TryLock(t.Context()); !errors.Is(err, ipc.ErrLocked) {
		t.Errorf("locked from the other side of the link: %v, want ErrLocked", err)
	}
	release()
	linked := open(t, elsewhere)
	if _, err := linked.Buy(t.Context(), "ann", "r"); err != nil {
		t.Fatal(err)
	}
	if left := look(t, o).Left(); left != 2 {
		t.Errorf("%d left in the file behind the link, want 2", left)
	}
	if target, err := os.Readlink(link); err != nil || target != file {
		t.Errorf("the link became %q, %v", target, err)
	}
}

func TestCreate_neverOverwrites(t *testing.T) {
	dir := t.TempDir()
	o, err := office.Create(t.Context(), dir, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	if left := look(t, o).Left(); left != 4 {
		t.Errorf("%d left, want 4", left)
	}
	if _, err := office.Create(t.Context(), dir, 9); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Create: %v, want fs.ErrExist", err)
	}
	if left := look(t, o).Left(); left != 4 {
		t.Errorf("%d left after the second Create, want 4", left)
	}
}

func TestBuy_endsWithItsContext(t *testing.T) {
	o, dir := shop(t, `{"count": 3}`)
	_, release := holdLock(t, dir)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone home")
	cancel(gone)
	if _, err := o.Buy(ctx, "ann", "r"); !errors.Is(err, gone) {
		t.Errorf("buy while somebody holds the lock: %v", err)
	}
	release()
	// The waiter that gave up must not keep the lock.
	if ticket, err := o.Buy(t.Context(), "bob", "r"); err != nil || ticket != 1 {
		t.Errorf("the next buyer: ticket %d, %v", ticket, err)
	}
}

// Another who held the lock has died, and left half a file.
func abandon(t *testing.T, dir string) {
	t.Helper()
	other, _ := holdLock(t, dir)
	write(t, filepath.Join(dir, "ticket.json.new"), "{")
	if err := other.Close(); err != nil { // as if the process had died
		t.Fatal(err)
	}
}

func TestBuy_afterAHolderDiedRemovesWhatItLeft(t *testing.T) {
	o, dir := shop(t, `{"count": 0}`)
	abandon(t, dir)
	if _, err := o.Buy(t.Context(), "ann", "r"); !errors.Is(err, office.ErrSoldOut) {
		t.Errorf("buy where a holder died: %v, want ErrSoldOut", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
		t.Errorf("files in the directory: %q", got)
	}
}

func TestTidy_afterAHolderDiedLooksAtTheStock(t *testing.T) {
	o, dir := shop(t, `{"count": 1}`)
	abandon(t, dir)
	write(t, filepath.Join(dir, office.FileName), `{"count": `)
	if err := o.Tidy(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged stock where a holder died: %v", err)
	}
}

func TestRemoveLock_leavesNothing(t *testing.T) {
	o, dir := shop(t, `{"count": 1}`)
	locks := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "multiproc")
	before := names(t, locks)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is none
		if err := office.RemoveLock(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if after := names(t, locks); len(after) != len(before)-1 {
			t.Errorf("locks before %q, after %q", before, after)
		}
	}
}

func TestTidy_removesWhatKilledBuyersLeft(t *testing.T) {
	o, dir := shop(t, `{"count": 3}`)
	write(t, filepath.Join(dir, "ticket.json.new"), "{")
	write(t, filepath.Join(dir, "ticket.json.new-77"), "{")
	write(t, filepath.Join(dir, "news.txt"), "the user's own")
	if err := o.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"news.txt", "ticket.json"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("files in the directory: %q, want %q", got, want)
	}
}

func TestBuy_replacesWhatAKilledBuyerLeft(t *testing.T) {
	o, dir := shop(t, `{"count": 3}`)
	mine := filepath.Join(t.TempDir(), "mine")
	write(t, mine, "not to be touched")
	if err := os.Symlink(mine, filepath.Join(dir, "ticket.json.new")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Buy(t.Context(), "ann", "r"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "not to be touched" {
		t.Errorf("a link in the way was followed: %q, %v", text, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"ticket.json"}) {
		t.Errorf("files in the directory: %q", got)
	}
}
