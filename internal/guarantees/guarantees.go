// Package guarantees reads docs/guarantees.md, the table of what the project
// promises, and finds the tests that it names in the source. Its own test is
// the check: a promise without a test, or with one that is not there, fails it.
package guarantees

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// A Promise is one row of the table.
type Promise struct {
	Line  int // in the document, from 1
	Text  string
	Tests []string // names of test functions, without what comes after a slash
}

var testName = regexp.MustCompile("`((?:Test|Example|Fuzz)[^`/]*)(?:/[^`]*)?`")

// Promises returns the rows of all tables in the document whose heading is
// "| promise | test |". A row of another shape is a promise without a test, so
// that none is overlooked.
func Promises(document string) []Promise {
	var promises []Promise
	inTable := false
	number := 0
	for line := range strings.Lines(document) {
		number++
		row, isRow := strings.CutPrefix(strings.TrimSpace(line), "|")
		if !isRow {
			inTable = false
			continue
		}
		text, tests, _ := strings.Cut(strings.TrimSuffix(row, "|"), "|")
		text, tests = strings.TrimSpace(text), strings.TrimSpace(tests)
		switch {
		case text == "promise" && tests == "test":
			inTable = true
		case inTable && strings.Trim(text, "-:") != "":
			promises = append(promises, Promise{Line: number, Text: text, Tests: names(tests)})
		}
	}
	return promises
}

func names(cell string) []string {
	if strings.Contains(cell, "|") {
		return nil
	}
	var names []string
	for _, match := range testName.FindAllStringSubmatch(cell, -1) {
		names = append(names, match[1])
	}
	return names
}

// Tests returns the names of all test functions below root, of whatever module
// and operating system, each with the file it stands in.
func Tests(root string) (map[string]string, error) {
	tests := map[string]string{}
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && ignoredByGo(entry.Name()) {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && testName.MatchString("`"+f.Name.Name+"`") {
				tests[f.Name.Name] = path
			}
		}
		return nil
	}
	if err := filepath.WalkDir(root, walk); err != nil {
		return nil, fmt.Errorf("look for tests in %s: %w", root, err)
	}
	return tests, nil
}

func ignoredByGo(dir string) bool {
	return dir == "testdata" || strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_")
}

// Broken returns a line for each promise that no test holds.
func Broken(promises []Promise, tests map[string]string) []string {
	var broken []string
	for _, p := range promises {
		if len(p.Tests) == 0 {
			broken = append(broken, fmt.Sprintf("line %d: no test holds %q", p.Line, p.Text))
		}
		for _, name := range p.Tests {
			if _, there := tests[name]; !there {
				broken = append(broken, fmt.Sprintf("line %d: there is no %s to hold %q", p.Line, name, p.Text))
			}
		}
	}
	return broken
}
