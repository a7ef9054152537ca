package rush

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// print writes the outcome as a table and the sum below it.
func (o outcome) print(to io.Writer) {
	var table strings.Builder
	row := func(name string, value any, remark string) {
		line := fmt.Sprintf("%-9s %7v   %s", name, value, remark)
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	ifAny := func(name string, n int, remark string) {
		if n > 0 {
			row(name, n, remark)
		}
	}

	row("tickets", o.before.Left(), "")
	row("sold", o.sold(), o.soldRemark())
	ifAny("twice", len(o.double()), o.twiceRemark())
	ifAny("others", o.others, "sold meanwhile by other rushes on the same stock")
	row("refused", o.count(refused), "")
	ifAny("killed", o.count(killed), "")
	ifAny("stopped", o.count(stopped), "when the rush was interrupted")
	ifAny("failed", o.count(failed), "")
	row("left", o.after.Left(), "")
	row("time", o.elapsed.Round(time.Millisecond), "from opening the doors to the last buyer's end")

	fmt.Fprintf(to, "\n%s\n%s\n", table.String(), o.sum())
}

func (o outcome) soldRemark() string {
	if o.untold == 0 {
		return ""
	}
	return fmt.Sprintf("%d of them to buyers who could not say so any more", o.untold)
}

// twiceRemark tells how bad it is, and of the worst case.
func (o outcome) twiceRemark() string {
	worst := 0
	for _, ticket := range o.double() {
		if len(o.holders[ticket]) > len(o.holders[worst]) {
			worst = ticket
		}
	}
	return fmt.Sprintf("%s too many; ticket %d alone went to %s",
		plural(o.sold()-len(o.holders), "sale"), worst, plural(len(o.holders[worst]), "buyer"))
}

// sum says whether all tickets are accounted for.
func (o outcome) sum() string {
	terms := fmt.Sprintf("%d sold", o.sold())
	if o.others > 0 {
		terms += fmt.Sprintf(" + %d by others", o.others)
	}
	total := o.sold() + o.others + o.after.Left()
	terms += fmt.Sprintf(" + %d left = %d", o.after.Left(), total)
	if o.holds() {
		return "The sum holds: " + terms + ", and no ticket was sold twice."
	}
	return fmt.Sprintf("The sum is wrong: %s, and there were %d.", terms, o.before.Left())
}
