package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// drawn returns what is on the screen in the end, line by line.
func drawn(t *testing.T, names []string, show func(s screen)) []string {
	t.Helper()
	var terminal bytes.Buffer
	s := newBars(t.Context(), &terminal, names, mpb.WithAutoRefresh(), mpb.WithWidth(80))
	show(s)
	s.close()
	return strings.Split(strings.TrimSpace(terminal.String()), "\n")
}

func wantLine(t *testing.T, lines []string, name, bar, text string) {
	t.Helper()
	for _, line := range lines {
		if strings.HasPrefix(line, name) && strings.Contains(line, bar) && strings.HasSuffix(strings.TrimSpace(line), text) {
			return
		}
	}
	t.Errorf("no line with %q, %q and %q; drawn was\n%s", name, bar, text, strings.Join(lines, "\n"))
}

func TestBars_tellWhatBecameOfEachFile(t *testing.T) {
	names := []string{"whole", "resumed", "lost", "stopped", "a-name-that-is-longer-than-fits"}
	lines := drawn(t, names, func(s screen) {
		rows := map[string]row{}
		for _, name := range names {
			rows[name] = s.row(name)
			rows[name].show(report{Size: -1})
		}
		rows["whole"].show(report{Have: 50, Size: 100})
		rows["whole"].end(outcome{Size: 100, SHA256: true}, nil)
		rows["resumed"].show(report{Have: 1 << 19, Size: 1 << 20, Note: "resuming"})
		rows["resumed"].end(outcome{Size: 1 << 20}, nil)
		rows["lost"].end(outcome{}, errors.New("gone"))
		rows["stopped"].show(report{Have: 50, Size: 100})
		rows["stopped"].end(outcome{}, context.Canceled)
		rows[names[4]].end(outcome{Was: true, Size: 1}, nil)
	})
	full := strings.Repeat("━", barWidth)
	wantLine(t, lines, "whole                "+full, full, "done, 100 B, SHA-256 verified")
	wantLine(t, lines, "resumed ", strings.Repeat("─", barWidth/2)+strings.Repeat("━", barWidth/2), "done, 1.0 MiB")
	wantLine(t, lines, "lost ", " ", "failed")
	wantLine(t, lines, "stopped ", strings.Repeat("━", barWidth/2)+" ", "stopped")
	wantLine(t, lines, "a-name-that-is-long… ", full, "there already, 1 B")
}

func TestPace_tellsAmountSpeedAndTimeLeft(t *testing.T) {
	for _, test := range []struct {
		now     report
		from    int64
		elapsed time.Duration
		want    string
	}{
		{report{Have: 30 << 20, Size: 40 << 20}, 10 << 20, 10 * time.Second, "30.0 MiB of 40.0 MiB, 2.0 MiB/s, 5s left"},
		{report{Have: 30 << 20, Size: -1}, 10 << 20, 10 * time.Second, "30.0 MiB, 2.0 MiB/s"},
		{report{Have: 500, Size: 1000}, 500, time.Minute, "500 B of 1000 B"},
		{report{Have: 500, Size: 1000}, 500, 0, "500 B of 1000 B"},
	} {
		if got := pace(test.now, test.from, test.elapsed); got != test.want {
			t.Errorf("pace(%+v, %d, %v) = %q, want %q", test.now, test.from, test.elapsed, got, test.want)
		}
	}
}
