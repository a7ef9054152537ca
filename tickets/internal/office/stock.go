package office

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// limit bounds what a file may claim: up to here every JSON reader agrees on
// what a number means, and counting on cannot overflow.
const limit = 1 << 53

// A Stock is what ticket.json says at one moment. The least that it can be is
//
//	{"count": 10}
//
// with the number of tickets left; the office adds a list "sold". Whatever else
// the user wrote there stays as it is. A Stock never changes: Sell makes a new
// one.
//
// Invariant: no ticket number stands twice in sold, and raw holds the same
// sales as sold, as they stand in the file.
type Stock struct {
	left   int
	sold   []Sale
	raw    []json.RawMessage
	fields map[string]json.RawMessage
}

// A Sale is one ticket sold.
type Sale struct {
	Ticket int    `json:"ticket"`          // its number, from 1
	Buyer  string `json:"buyer,omitempty"` // the name that the buyer gave
	Rush   string `json:"rush,omitempty"`  // tells buyers of the same name apart
}

// NewStock returns a stock of unsold tickets.
func NewStock(tickets int) Stock { return Stock{left: tickets} }

// Left is how many tickets can still be bought.
func (s Stock) Left() int { return s.left }

// Sold returns all sales so far, in their order.
func (s Stock) Sold() []Sale { return slices.Clone(s.sold) }

// Sell returns the stock after one more sale, and the number of the ticket; an
// error that matches ErrSoldOut if there is none left.
func (s Stock) Sell(buyer, rush string) (Stock, int, error) {
	if s.left == 0 {
		return s, 0, ErrSoldOut
	}
	sale := Sale{Ticket: s.next(), Buyer: buyer, Rush: rush}
	raw, err := json.Marshal(sale)
	if err != nil {
		return s, 0, err
	}
	s.left--
	s.sold = append(slices.Clip(s.sold), sale)
	s.raw = append(slices.Clip(s.raw), raw)
	return s, sale.Ticket, nil
}

// next is one past the highest number sold, so that a sale which the user took
// out of the list does not bring a number back.
func (s Stock) next() int {
	last := 0
	for _, sale := range s.sold {
		last = max(last, sale.Ticket)
	}
	return last + 1
}

func parse(data []byte) (Stock, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Stock{}, errors.New(`it is empty; the least it can be is {"count": 10}`)
	}
	var s Stock
	if err := json.Unmarshal(data, &s.fields); err != nil {
		return Stock{}, describe(data, err)
	}

	var count *int
	if err := s.field("count", &count); err != nil {
		return Stock{}, err
	}
	switch {
	case count == nil:
		return Stock{}, errors.New(`it has no "count"; the least it can be is {"count": 10}`)
	case *count < 0 || *count > limit:
		return Stock{}, fmt.Errorf(`"count" is %d, not a number of tickets`, *count)
	}
	s.left = *count

	if err := s.field("sold", &s.raw); err != nil {
		return Stock{}, err
	}
	if err := s.field("sold", &s.sold); err != nil {
		return Stock{}, err
	}
	return s, s.check()
}

func (s Stock) field(name string, into any) error {
	value, ok := s.fields[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}

func (s Stock) check() error {
	seen := make(map[int]bool, len(s.sold))
	for _, sale := range s.sold {
		switch {
		case sale.Ticket < 1 || sale.Ticket > limit:
			return fmt.Errorf(`"sold" has a ticket number %d`, sale.Ticket)
		case seen[sale.Ticket]:
			return fmt.Errorf(`"sold" has ticket %d twice`, sale.Ticket)
		}
		seen[sale.Ticket] = true
	}
	return nil
}

func (s Stock) encode() ([]byte, error) {
	fields := map[string]any{}
	for name, value := range s.fields {
		fields[name] = value
	}
	fields["count"] = s.left
	if len(s.raw) > 0 {
		fields["sold"] = s.raw
	}

	var file bytes.Buffer
	to := json.NewEncoder(&file)
	to.SetEscapeHTML(false) // the user's own text stays readable
	to.SetIndent("", "  ")
	err := to.Encode(fields)
	return file.Bytes(), err
}

// describe puts the line number into a syntax error.
func describe(data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:syntax.Offset], []byte("\n"))
		return fmt.Errorf("it is damaged: line %d: %w", line, err)
	}
	return fmt.Errorf("it is damaged: %w", err)
}
