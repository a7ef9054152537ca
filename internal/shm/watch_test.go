//go:build linux

package shm

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/internal/arena"
	"github.com/multiproc-go/multiproc/internal/driver"
)

func TestMutex_watchesTheHolderAsLongAsItWaits(t *testing.T) {
	user := heapSpace(t)
	opening, err := user.a.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	a, err := arena.FromFile(opening.File)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := Attach(a, [2]uint64{})
	if err != nil {
		t.Fatal(err)
	}
	holder.introduce(os.Getpid(), 0)
	lock := func(s *Space) {
		m, err := s.OpenMutex(context.Background(), driver.Which{Name: "m"})
		if err == nil {
			_, err = m.Lock(context.Background())
		}
		if err != nil {
			t.Error(err)
		}
	}
	lock(holder)
	runtime.GC() // the holder's handles are gone
	runtime.GC()
	locked := make(chan struct{})
	go func() {
		lock(user)
		close(locked)
	}()
	watched := func() time.Time {
		user.watches.Lock()
		defer user.watches.Unlock()
		return user.watches.until[holder.me]
	}
	var first time.Time
	for hung := time.Now().Add(20 * time.Second); first.IsZero() || !watched().After(first.Add(4*relookLast)); {
		if first.IsZero() {
			first = watched()
		}
		if time.Now().After(hung) {
			t.Error("the holder is not watched any more")
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	<-locked
}
