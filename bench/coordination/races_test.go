package coordination

import (
	"strings"
	"testing"
)

// Batches of any length write as often, and nothing but every hundredth pass.
func TestMixed_writesEveryHundredthPass(t *testing.T) {
	for _, batch := range []int{1, 16, 99, 100, 101, 250} {
		var did strings.Builder
		passes := mixed(
			func(n int) error { did.WriteString(strings.Repeat("r", n)); return nil },
			func() error { did.WriteString("w"); return nil },
		)
		for did.Len() < 1000 {
			if err := passes(batch); err != nil {
				t.Fatal(err)
			}
		}
		for i, pass := range did.String() {
			if want := (i+1)%writeEvery == 0; (pass == 'w') != want {
				t.Fatalf("batches of %d: pass %d is %c", batch, i, pass)
			}
		}
	}
}

func TestPerSecond_isOfTheMean(t *testing.T) {
	micros := [][]float64{{1, 1, 8}, {2, 2, 2}, {100, 100}}
	if got := perSecond(micros); got != 300_000 {
		t.Errorf("%v turns per second, want 300000, the median of 300000, 500000 and 10000", got)
	}
}
