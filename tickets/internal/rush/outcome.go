package rush

import (
	"fmt"
	"slices"
	"time"

	"github.com/multiproc-go/multiproc/tickets/internal/office"
)

// A fate is how a buyer's visit ended.
type fate int

const (
	served  fate = iota // has a ticket, and says so
	refused             // was told that none is left
	killed              // may have bought
	stopped             // the rush was interrupted; may have bought
	failed              // Err says why
)

// An ending is what one buyer has to say in the end.
type ending struct {
	Buyer  string
	Fate   fate
	Ticket int   // of one who was served
	Err    error // of all others but the refused
}

// An outcome is what became of the stock, by two accounts: the file and the
// buyers' own. A buyer who was killed may have bought all the same, so the file
// counts; without the lock the file forgets sales, so the buyers count too.
type outcome struct {
	before, after office.Stock
	holders       map[int][]string // of each ticket sold in this rush, by either account
	untold        int              // sales in the file to buyers who could not say so
	forgotten     int              // sales that buyers tell of and the file does not
	others        int              // sales meanwhile to buyers of other rushes
	endings       []ending
	elapsed       time.Duration
}

// tally takes the stock before and after a rush, and the endings of its buyers.
func tally(rush string, before, after office.Stock, endings []ending) outcome {
	o := outcome{before: before, after: after, holders: map[int][]string{}, endings: endings}
	told := map[office.Sale]bool{}
	for _, e := range endings {
		if e.Fate == served {
			told[office.Sale{Ticket: e.Ticket, Buyer: e.Buyer, Rush: rush}] = true
		}
	}
	for _, sale := range after.Sold() {
		switch {
		case sale.Rush != rush:
			o.others++
			continue
		case !told[sale]:
			o.untold++
		}
		o.holders[sale.Ticket] = append(o.holders[sale.Ticket], sale.Buyer)
		delete(told, sale)
	}
	o.others -= len(before.Sold())
	o.forgotten = len(told)
	for sale := range told {
		o.holders[sale.Ticket] = append(o.holders[sale.Ticket], sale.Buyer)
	}
	return o
}

func (o outcome) count(f fate) int {
	n := 0
	for _, e := range o.endings {
		if e.Fate == f {
			n++
		}
	}
	return n
}

// sold counts tickets handed out in this rush, one that two buyers hold twice.
func (o outcome) sold() int {
	n := 0
	for _, buyers := range o.holders {
		n += len(buyers)
	}
	return n
}

// double returns the tickets that more than one buyer holds, in order.
func (o outcome) double() []int {
	var tickets []int
	for ticket, buyers := range o.holders {
		if len(buyers) > 1 {
			tickets = append(tickets, ticket)
		}
	}
	slices.Sort(tickets)
	return tickets
}

// holds reports whether the sum is right: each ticket that was there is either
// left or sold, to one buyer, and the file knows of every sale.
func (o outcome) holds() bool {
	return o.sold()+o.others+o.after.Left() == o.before.Left() && len(o.double()) == 0 && o.forgotten == 0
}

// failure is the first error of a buyer, or nil.
func (o outcome) failure() error {
	i := slices.IndexFunc(o.endings, func(e ending) bool { return e.Fate == failed })
	if i < 0 {
		return nil
	}
	return fmt.Errorf("%d of %d buyers failed; the first of them: %s: %w",
		o.count(failed), len(o.endings), o.endings[i].Buyer, o.endings[i].Err)
}
