package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// A page is what all writers write to. It is read while they write.
type page struct {
	file   *os.File
	blocks map[string]*block // by "ada, block 1"
}

// A block is what the page says of it.
type block struct {
	whole bool // its last line is there
	cut   bool // whoever came next says that its writer is gone
	mixed bool // a line that is not its own stands in it
}

// newPage returns a page and what the writers are given to write to it. The page
// ends when nobody has the pen any more.
func newPage() (*page, *os.File, error) {
	file, pen, err := os.Pipe()
	return &page{file, map[string]*block{}}, pen, err
}

// print copies the page to out, line by line, and looks for blocks that mix.
func (p *page) print(out io.Writer) error {
	scan := bufio.NewScanner(p.file)
	for scan.Scan() {
		fmt.Fprintln(out, scan.Text())
		p.read(scan.Text())
	}
	return scan.Err()
}

func (p *page) read(text string) {
	name, line, ok := strings.Cut(text, ", line ")
	if !ok { // the lock was abandoned
		for _, b := range p.blocks {
			b.cut = b.cut || !b.whole
		}
		return
	}
	for other, b := range p.blocks {
		if other != name && !b.whole && !b.cut {
			b.mixed = true
		}
	}
	if p.blocks[name] == nil {
		p.blocks[name] = &block{}
	}
	p.blocks[name].whole = line == fmt.Sprintf("%d of %[1]d", lines)
}

func (p *page) mixed() int {
	return p.count(func(b *block) bool { return b.mixed })
}

func (p *page) count(what func(*block) bool) int {
	n := 0
	for _, b := range p.blocks {
		if what(b) {
			n++
		}
	}
	return n
}

func (p *page) sum() string {
	unfinished := p.count(func(b *block) bool { return !b.whole })
	mixed := "none"
	if n := p.mixed(); n > 0 {
		mixed = fmt.Sprint(n)
	}
	return fmt.Sprintf("%d blocks, %d of them unfinished, %s mixed with others", len(p.blocks), unfinished, mixed)
}
