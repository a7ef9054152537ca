package harness

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func contestant(name, script string) Contestant {
	return Contestant{Name: name, Command: []string{"sh", "-c", script}}
}

func TestRun_judgesRatios(t *testing.T) {
	for _, test := range []struct {
		name    string
		more    bool
		ours    string
		peer    Contestant
		reach   float64
		verdict string
	}{
		{"less is better", false, "echo 12", contestant("p", "echo 10"), 1.2, met},
		{"a little too much", false, "echo 13", contestant("p", "echo 10"), 1.2, notMet},
		{"more is better", true, "echo 30", contestant("p", "echo 10"), 3, met},
		{"a little too few", true, "echo 29", contestant("p", "echo 10"), 3, notMet},
		{"no ratio set", false, "echo 13", contestant("p", "echo 10"), 0, none},
		{"the peer never ends", false, "echo 5000", contestant("p", "echo never"), 1, met},
		{"ours never ends", false, "echo never", contestant("p", "echo 1"), 1, notMet},
		{"no peer", false, "echo 1", Contestant{Name: "p", Missing: "no cc"}, 1, missing},
		{"no peer and no ratio", false, "echo 1", Contestant{Name: "p", Missing: "no cc"}, 0, missing},
	} {
		race := Race{Work: test.name, More: test.more, Ours: contestant("ours", test.ours), Peers: []Peer{{test.peer, test.reach}}}
		rows, err := Run(t.Context(), race, 3)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if rows[0].Verdict != test.verdict {
			t.Errorf("%s: verdict %q, want %q", test.name, rows[0].Verdict, test.verdict)
		}
	}
}

func TestRun_givesEveryContestantItsTurnInEachRound(t *testing.T) {
	turns := filepath.Join(t.TempDir(), "turns")
	say := func(name string) Contestant { return contestant(name, "echo 1; printf "+name+" >> "+turns) }
	race := Race{Work: "turns", Ours: say("a"), Peers: []Peer{{Contestant: say("b")}, {Contestant: say("c")}}}
	if _, err := Run(t.Context(), race, 3); err != nil {
		t.Fatal(err)
	}
	if order, _ := os.ReadFile(turns); string(order) != "abcbcacab" {
		t.Errorf("turns %s, want abc bca cab", order)
	}
}

func TestRun_failsWithAContestant(t *testing.T) {
	for name, script := range map[string]string{
		"exit status 3":  "echo 1; exit 3",
		"no figure":      "true",
		"invalid syntax": "echo fast",
	} {
		race := Race{Work: "work", Ours: contestant("ours", "echo 1"), Peers: []Peer{{Contestant: contestant("peer", script)}}}
		_, err := Run(t.Context(), race, 1)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "work, peer") {
			t.Errorf("%q: got error %v, want one of the peer's work that says %q", script, err, name)
		}
	}
}

func TestReadings_medianOfMediansAndWorst(t *testing.T) {
	rounds := [][]float64{{1, 2, 90}, {3, 4, 5}, {7, 6, 8}}
	if m := Median.Of(rounds); m != 4 {
		t.Errorf("median %v, want 4", m)
	}
	if w := Worst.Of(rounds); w != 90 {
		t.Errorf("worst %v, want 90", w)
	}
}

func TestRun_judgesOurFigureByItself(t *testing.T) {
	two := contestant("two figures", "echo 40 5")
	second := func(rounds [][]float64) float64 { return rounds[0][1] }
	race := Race{
		Work: "work", Unit: "M/s", More: true, Ours: two, Peers: []Peer{{two, 1}},
		Readings: []Reading{{Of: second, Name: "wait", Unit: "ms", Limit: 4}, {Of: second, Name: "share", Unit: "%", More: true, Limit: 4}},
	}
	rows, err := Run(t.Context(), race, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{"work, wait", "ms", 5, "what is wanted", 4, "≤ 1", notMet}, {"work, wait", "ms", 5, "two figures", 5, "", none},
		{"work, share", "%", 5, "what is wanted", 4, "≥ 1", met}, {"work, share", "%", 5, "two figures", 5, "", none},
	}
	if !slices.Equal(rows, want) {
		t.Errorf("rows %v, want %v", rows, want)
	}
}

func TestRun_aRaceAloneHasARow(t *testing.T) {
	rows, err := Run(t.Context(), Race{Work: "work", Ours: contestant("ours", "echo 7")}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Ours != 7 || rows[0].Verdict != none {
		t.Errorf("rows %v, want one with our figure 7 and no verdict", rows)
	}
}

func TestReadings_quantile(t *testing.T) {
	rounds := [][]float64{{5, 1, 2}, {9, 3, 4}, {8, 7, 6, 10}}
	for q, want := range map[float64]float64{0.5: 6, 0.99: 10, 0: 1} {
		if got := Quantile(q).Of(rounds); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

func TestPlace_readsOneKindOfFigure(t *testing.T) {
	rounds := [][]float64{{1, 50}, {3, 40}, {2, 90}}
	if m := Place(0, Median.Of)(rounds); m != 2 {
		t.Errorf("median of the first figures %v, want 2", m)
	}
	if w := Place(1, Worst.Of)(rounds); w != 90 {
		t.Errorf("worst of the second figures %v, want 90", w)
	}
}

func TestInsert_replacesWhatStoodThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	document := func(text string) string { return "before\n<!-- a -->\n" + text + "<!-- /a -->\nafter\n" }
	if err := os.WriteFile(file, []byte(document("old\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Insert(file, "a", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != document("new\n") {
		t.Errorf("got %q, want %q", got, document("new\n"))
	}
	if err := Insert(file, "b", "x"); err == nil {
		t.Error("no error where the lines are not there")
	}
}
