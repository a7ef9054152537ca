//go:build explore

package explore

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/internal/shm"
)

var (
	deep     = flag.Bool("deep", false, "explore all cases to their full bounds")
	seedFlag = flag.Uint64("seed", 0, "what chance is drawn from; 0: any")
	runs     = flag.Int("runs", 10_000, "explore each case by at most so many runs for each number of preemptions")
)

// shallow are bounds with fewer preemptions.
func shallow(b Bounds, preemptions int) Bounds {
	b.Preemptions = preemptions
	return b
}

// TestCases_keepTheirPromises explores every case, with no preemption first and
// then with one more at a time: bugs that need few are found soon.
func TestCases_keepTheirPromises(t *testing.T) {
	states, all := 0, 0
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			bounds, most := c.Bounds, *runs
			if *deep {
				bounds, most = c.Deep, 100**runs
			}
			for p := range bounds.Preemptions + 1 {
				r := Explore(c, shallow(bounds, p), most)
				t.Logf("%d states, %d runs, complete to %+v: %v", r.States, r.Runs, shallow(bounds, p), r.Full)
				states += r.States
				all += r.Runs
				if r.Err != nil {
					t.Fatal(r.Err)
				}
			}
		})
	}
	t.Logf("%d states in %d runs", states, all)
}

// TestCases_keepTheirPromisesByChance goes on where the bounds of the other test end.
func TestCases_keepTheirPromisesByChance(t *testing.T) {
	seed := rand.Uint64()
	if *seedFlag != 0 {
		seed = *seedFlag
	}
	t.Logf("-seed=%d", seed)
	states, all := 0, 0
	for _, c := range Cases() {
		r := Wander(c, Bounds{Preemptions: 10, Kills: c.Deep.Kills, Stops: c.Deep.Stops}, *runs, seed)
		states += r.States
		all += r.Runs
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	t.Logf("%d states in %d runs", states, all)
}

// TestMutations_areCaught shows that the cases would find bugs.
func TestMutations_areCaught(t *testing.T) {
	defer shm.Mutate(0)
	for m, bug := range shm.Mutations {
		if m > 0 {
			t.Run(bug.Name, func(t *testing.T) {
				shm.Mutate(m)
				r := firstFailure(bug.In, *runs)
				if r.Err == nil {
					t.Fatalf("no case of %s finds it", bug.In)
				}
				t.Logf("caught: %.300s", r.Err)
			})
		}
	}
}

// firstFailure explores the case of that name, or the cases of that object, without deaths
// and stops first.
func firstFailure(in string, most int) (r Result) {
	for _, quiet := range []bool{true, false} {
		for p := range 4 {
			for _, c := range Cases() {
				if c.Name != in && !strings.HasPrefix(c.Name, in+":") {
					continue
				}
				bounds := shallow(c.Bounds, p)
				if quiet {
					bounds = Bounds{Preemptions: p}
				}
				if p > c.Bounds.Preemptions {
					continue
				}
				if r = Explore(c, bounds, most); r.Err != nil {
					return r
				}
			}
		}
	}
	return r
}

// TestCases_coverTheContract fails if an object of package ipc is in no case.
func TestCases_coverTheContract(t *testing.T) {
	covered := make(map[string]bool)
	for _, c := range Cases() {
		for _, object := range c.Objects {
			covered[object] = true
		}
	}
	packages, err := parser.ParseDir(token.NewFileSet(), "../../ipc", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, file := range packages["ipc"].Files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Open") {
				objects = append(objects, strings.TrimPrefix(f.Name.Name, "Open"))
			}
		}
	}
	if !slices.Contains(objects, "Mutex") {
		t.Fatalf("the objects are not found: %v", objects)
	}
	for _, object := range objects {
		if object != "" && !covered[object] {
			t.Errorf("no case is about %s", object)
		}
	}
}
