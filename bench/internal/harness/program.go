package harness

import "fmt"

// A Program is this one as a contestant, which it is when its arguments are
// "contestant AREA WORK ARGUMENT...".
type Program struct {
	Path string
	Area string
}

// Contestant does the work under that name of the table.
func (p Program) Contestant(name, work string, args ...any) Contestant {
	line := []string{p.Path, "contestant", p.Area, work}
	for _, arg := range args {
		line = append(line, fmt.Sprint(arg))
	}
	return Contestant{Name: name, Command: line}
}

// Conducting is c as a player: this program does the work with c's command as its
// last arguments.
func (p Program) Conducting(c Contestant, work string, args ...any) Contestant {
	c.Command = append(p.Contestant("", work, args...).Command, c.Command...)
	return c
}
