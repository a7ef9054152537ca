//go:build linux

package ipc_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

func init() {
	roles["crowd"] = crowd
	roles["stepper"] = stepper
}

func TestBarrier_moreGoroutinesThanPartiesMakeMoreRounds(t *testing.T) {
	const parties, rounds = 3, 40
	b := openBarrier(t, "crowd", parties)
	c := start(t, "crowd")
	c.tell("%d crowd", parties)
	indexes := crowdAt(b, (parties-1)*rounds, t.Errorf)
	c.tell("%d", rounds)
	var times [parties]int
	for range rounds {
		var index int
		if _, err := fmt.Sscanf(c.hear(), "index %d", &index); err != nil {
			t.Fatal(err)
		}
		times[index]++
	}
	for range (parties - 1) * rounds {
		times[<-indexes]++
	}
	if times != [parties]int{rounds, rounds, rounds} {
		t.Errorf("the indexes came %v times", times)
	}
}

// crowd has goroutines wait at a barrier, all at once.
func crowd(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	b, err := barrierTold(s, hear())
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	indexes := crowdAt(b, n, say)
	for range n {
		say("index %d", <-indexes)
	}
	hear()
	return nil
}

func crowdAt(b *ipc.Barrier, n int, say func(string, ...any)) (indexes chan int) {
	indexes = make(chan int, n)
	for range n {
		go func() {
			index, err := b.Wait(background)
			if err != nil {
				say("%v", err)
			}
			indexes <- index
		}()
	}
	return indexes
}

// As Python's test has it: all of a round are there before anybody goes on, and
// everybody has gone on before the next round.
func TestBarrier_aThousandRoundsInLockstep(t *testing.T) {
	const processes, rounds = 4, 500 // of two Waits each
	b := openBarrier(t, "lockstep", processes+1)
	var children []*child
	for range processes {
		c := start(t, "stepper")
		c.tell("%d lockstep", processes+1)
		c.tell("%d", rounds)
		children = append(children, c)
	}
	began := time.Now()
	must(t, step(family(t), b, processes+1, rounds))
	t.Logf("%v for a round of %d processes", time.Since(began)/(2*rounds), processes+1)
	for _, c := range children {
		c.expect("done")
	}
	if n, err := b.Waiting(background); n != 0 || err != nil {
		t.Errorf("%d wait afterwards (%v)", n, err)
	}
	isBroken(t, b, false)
	family(t).Delete(background, "came")
	for index := range processes + 1 {
		family(t).Delete(background, fmt.Sprint("index ", index))
	}
}

func stepper(s *ipc.Space, hear func() string, say func(string, ...any)) error {
	line := hear()
	b, err := barrierTold(s, line)
	if err != nil {
		return err
	}
	parties, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		return err
	}
	rounds, err := strconv.Atoi(hear())
	if err != nil {
		return err
	}
	if err := step(s, b, parties, rounds); err != nil {
		return err
	}
	say("done")
	hear()
	return nil
}

func step(s *ipc.Space, b *ipc.Barrier, parties, rounds int) error {
	came, err := ipc.OpenInt64(background, s, "came")
	if err != nil {
		return err
	}
	had := make([]*ipc.Int64, parties) // how often each index came
	for index := range had {
		if had[index], err = ipc.OpenInt64(background, s, fmt.Sprint("index ", index)); err != nil {
			return err
		}
	}
	for round := range int64(rounds) {
		came.Add(background, 1)
		index, err := b.Wait(background)
		if err != nil {
			return err
		}
		if n, _ := came.Load(background); n != (round+1)*int64(parties) {
			return fmt.Errorf("in round %d, %d of %d have come", round, n, parties)
		}
		had[index].Add(background, 1)
		if _, err := b.Wait(background); err != nil {
			return err
		}
		for index := range had {
			if n, _ := had[index].Load(background); n != round+1 {
				return fmt.Errorf("after round %d index %d came %d times", round, index, n)
			}
		}
	}
	return nil
}

func TestBarrier_aThousandGoroutinesGoOnTogether(t *testing.T) {
	const parties = 1000
	b := openBarrier(t, "", parties)
	for range 3 {
		var seen [parties]bool
		indexes := make(chan int, parties)
		for range parties {
			go func() {
				index, err := b.Wait(background)
				if err != nil {
					t.Error(err)
				}
				indexes <- index
			}()
		}
		for range parties {
			seen[<-indexes] = true
		}
		for index, came := range seen {
			if !came {
				t.Fatalf("nobody had index %d", index)
			}
		}
	}
}

// The plain variables are what the race detector looks at.
func TestBarrier_ordersGoroutinesForTheRaceDetector(t *testing.T) {
	const parties = 4
	b := openBarrier(t, "", parties)
	var written [parties]int
	var all sync.WaitGroup
	for k := range parties {
		all.Go(func() {
			for round := range 200 {
				written[k] = round
				b.Wait(background)
				for _, v := range written {
					if v != round {
						t.Errorf("in round %d: %v", round, written)
					}
				}
				b.Wait(background)
			}
		})
	}
	all.Wait()
}
