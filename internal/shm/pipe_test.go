package shm

import (
	"context"
	"sync"
	"testing"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

// One process may have both ends, and copy out of both fifos at once: what it has of
// either is counted in one word, and a count too low would give a message away that is
// being copied.
func TestPipe_countsWhatItHoldsOfBothWays(t *testing.T) {
	a := arena.NewHeap(8 << 20).Attach()
	if err := Format(a, 1, [2]uint64{}); err != nil {
		t.Fatal(err)
	}
	s, err := Attach(a, [2]uint64{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	one, _, err := s.NewPipe(context.Background(), driver.Type{})
	if err != nil {
		t.Fatal(err)
	}
	const each = 2_000_000
	p := one.(*Pipe)
	var both, begun sync.WaitGroup
	begun.Add(2)
	for k := range p.fifos {
		both.Go(func() {
			begun.Done()
			begun.Wait()
			for range each {
				p.fifos[k].countHeld(1)
			}
		})
	}
	both.Wait()
	if held := uint32(s.a.Load(share(p.attach, fifoHeld))); held != 2*each {
		t.Errorf("%d are counted, and there are %d", held, 2*each)
	}
}
