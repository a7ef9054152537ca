package queues

import (
	"bytes"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
)

func TestPicture_namesContestantsAndSizes(t *testing.T) {
	lines := map[string]plotter.XYs{
		multiproc: {{X: 16, Y: 9000}, {X: 1 << 20, Y: 4}},
		boost:     {{X: 16, Y: 8000}, {X: 1 << 20, Y: 3}},
	}
	var svg bytes.Buffer
	if err := picture(lines, &svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{multiproc, boost, "64 KiB", "1 MiB", "10,000", "thousand messages per second"} {
		if !strings.Contains(svg.String(), ">"+want+"<") {
			t.Errorf("the picture does not say %q", want)
		}
	}
}
