package harness

import (
	"fmt"
	"math"
	"strings"
)

// A Row compares our figure with one peer's.
type Row struct {
	Work    string
	Unit    string
	Ours    float64
	Name    string  // of the peer
	Peer    float64 // its figure
	Reach   string  // "≤ 1.2", or empty
	Verdict string
}

// Verdicts.
const (
	met     = "met"
	notMet  = "**not met**"
	missing = "**missing**"
	none    = "" // no ratio was set
)

func (race Race) rows(figures [][][]float64) []Row {
	readings := race.Readings
	if readings == nil {
		readings = []Reading{Median}
	}
	var rows []Row
	for _, reading := range readings {
		work := strings.TrimSuffix(race.Work+", "+reading.Name, ", ")
		if race.OneCore {
			work += ", all on one core"
		}
		unit, more := race.Unit, race.More
		if reading.Unit != "" {
			unit, more = reading.Unit, reading.More
		}
		ours := Row{Work: work, Unit: unit, Ours: reading.Of(figures[0])}
		if reading.Limit > 0 || len(race.Peers) == 0 {
			rows = append(rows, ours.within(reading.Limit, more))
		}
		for i, peer := range race.Peers {
			row, reach := ours, peer.Reach
			row.Name = peer.Name
			if peer.Missing != "" {
				row.Name += " (" + peer.Missing + ")"
				row.Peer = math.NaN()
			} else {
				row.Peer = reading.Of(figures[i+1])
			}
			if reading.Unit != "" {
				reach = 0
			}
			row.judge(reach, more)
			rows = append(rows, row)
		}
	}
	return rows
}

// within is r with what is wanted of its own figure in the place of a peer's.
func (r Row) within(limit float64, more bool) Row {
	r.Peer = math.NaN()
	if limit > 0 {
		r.Name, r.Peer = "what is wanted", limit
		r.judge(1, more)
	}
	return r
}

func (r *Row) judge(reach float64, more bool) {
	sign, reached := "≤", r.Ratio() <= reach
	if more {
		sign, reached = "≥", r.Ratio() >= reach
	}
	if reach > 0 {
		r.Reach = fmt.Sprintf("%s %g", sign, reach)
	}
	switch {
	case math.IsNaN(r.Peer):
		r.Verdict = missing
	case reach == 0:
		r.Verdict = none
	case reached:
		r.Verdict = met
	default:
		r.Verdict = notMet
	}
}

// Ratio is our figure over the peer's; NaN where there is none.
func (r *Row) Ratio() float64 { return r.Ours / r.Peer }

// Table is the rows as Markdown.
func Table(rows []Row) string {
	var t strings.Builder
	fmt.Fprintln(&t, "| work | unit | ours | peer | its figure | ratio | to reach | |")
	fmt.Fprintln(&t, "|---|---|--:|---|--:|--:|---|---|")
	for _, r := range rows {
		ratio := "–"
		if !math.IsNaN(r.Ratio()) && !math.IsInf(r.Peer, 1) {
			ratio = figure(r.Ratio())
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.Work, r.Unit, figure(r.Ours), r.Name, figure(r.Peer), ratio, r.Reach, r.Verdict)
	}
	return t.String()
}

// figure is three digits of f, or more where they stand before the point.
func figure(f float64) string {
	switch {
	case math.IsNaN(f):
		return "–"
	case math.IsInf(f, 1):
		return Never
	case f == 0:
		return "0"
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(math.Abs(f)))))
	return fmt.Sprintf("%.*f", decimals, f)
}
