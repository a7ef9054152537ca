package guarantees_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/internal/guarantees"
)

const root = "../.." // of the project

func TestGuarantees_nameTestsThatExist(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(root, "docs", "guarantees.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests, err := guarantees.Tests(root)
	if err != nil {
		t.Fatal(err)
	}
	promises := guarantees.Promises(string(document))
	if len(promises) == 0 {
		t.Fatal("docs/guarantees.md has no table headed | promise | test |")
	}
	for _, line := range guarantees.Broken(promises, tests) {
		t.Error("docs/guarantees.md, " + line)
	}
}

func TestBroken_namesWhatNoTestHolds(t *testing.T) {
	document := strings.Join([]string{
		"| word | meaning |",
		"|---|---|",
		"| row | of another table: `TestGone` |",
		"",
		"| promise | test |",
		"|---|---|",
		"| is held | `TestThere`, `ExampleThere` |",
		"| is held by a subtest | `TestThere/case` |",
		"| was held | `TestThere` `TestGone` |",
		"| is hoped | |",
		"| is a method's | `TestMethod` |",
		"| is not run | `TestInTestdata` |",
		"| has | three cells | `TestThere` |",
		"",
	}, "\n")
	dir := t.TempDir()
	write(t, dir, "sub/module/go.mod", "module example.com/sub\n")
	write(t, dir, "sub/module/a_test.go", "package a\nfunc TestThere() {}\nfunc ExampleThere() {}\ntype T int\nfunc (T) TestMethod() {}\n")
	write(t, dir, "sub/module/a.go", "package a\nfunc TestGone() {}\n")
	write(t, dir, "testdata/a_test.go", "package a\nfunc TestInTestdata() {}\n")

	tests, err := guarantees.Tests(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := guarantees.Broken(guarantees.Promises(document), tests)
	want := []string{
		`line 9: there is no TestGone to hold "was held"`,
		`line 10: no test holds "is hoped"`,
		`line 11: there is no TestMethod to hold "is a method's"`,
		`line 12: there is no TestInTestdata to hold "is not run"`,
		`line 13: no test holds "has"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTests_namesFileThatDoesNotParse(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bad_test.go", "package {")
	if _, err := guarantees.Tests(dir); err == nil || !strings.Contains(err.Error(), "bad_test.go") {
		t.Errorf("got error %v, want one that names bad_test.go", err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
