//go:build linux

package ipc_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

func TestValue_holdsFromNoByteTo64MiB(t *testing.T) {
	v := openValue[[]byte](t, "")
	const chunk = 2 << 20 // of the family's space: what does not fit into half of one has chunks of its own
	for _, size := range []int{0, 1, 119, 120, 121, 4096, 65_536, 700_000, chunk/2 - 8, chunk/2 - 7, chunk, 64 << 20, 3} {
		want := bytes.Repeat([]byte{byte(size % 251)}, size)
		must(t, v.Store(background, want))
		if got, err := v.Load(background); !bytes.Equal(got, want) || err != nil {
			t.Errorf("%d bytes came back as %d (%v)", size, len(got), err)
		}
	}
	must(t, family(t).Check(background))
}

func TestValue_tooLargeIsAnErrorThatNamesTheSize(t *testing.T) {
	v := openValue[[]byte](t, "")
	must(t, v.Store(background, []byte("old")))
	err := v.Store(background, make([]byte, 300<<20))
	if !errors.Is(err, ipc.ErrTooLarge) || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("300 MiB: %v", err)
	}
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	small, err := ipc.OpenValue[[]byte](background, s, "v")
	must(t, err)
	err = small.Store(background, make([]byte, 2<<20))
	if !errors.Is(err, ipc.ErrTooLarge) && !errors.Is(err, ipc.ErrNoSpace) || !strings.Contains(err.Error(), "2097152 bytes") {
		t.Errorf("2 MiB in a space of 1: %v", err)
	}
	if old, err := v.Load(background); string(old) != "old" || err != nil {
		t.Errorf("the value is %q (%v)", old, err)
	}
}

func TestValue_aFullSpaceSaysSoAndMemoryComesBack(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	big := bytes.Repeat([]byte("x"), 20_000)
	var values []*ipc.Value[[]byte]
	for {
		v, err := ipc.OpenValue[[]byte](background, s, "")
		must(t, err)
		err = v.Store(background, big)
		if errors.Is(err, ipc.ErrNoSpace) {
			if !strings.Contains(err.Error(), "20000 bytes") {
				t.Errorf("the size is not named: %v", err)
			}
			break
		}
		must(t, err)
		values = append(values, v)
	}
	if len(values) < 10 {
		t.Errorf("only %d values of 20,000 bytes in 1 MiB", len(values))
	}
	for _, v := range values {
		if data, err := v.Load(background); !bytes.Equal(data, big) || err != nil {
			t.Fatalf("%d bytes (%v)", len(data), err)
		}
	}
	for _, v := range values {
		must(t, s.Delete(background, v.Name()))
	}
	until(t, "the blocks are free", func() bool {
		runtime.GC()
		v, err := ipc.OpenValue[[]byte](background, s, "again")
		must(t, err)
		return v.Store(background, big) == nil
	})
	must(t, s.Check(background))
}

func TestValue_deletedGivesItsMemoryBack(t *testing.T) {
	s := openSpace(t, filepath.Join(t.TempDir(), "small"), ipc.SpaceConfig{MaxBytes: 1 << 20})
	for range 100 { // five times what there is
		v, err := ipc.OpenValue[[]byte](background, s, "")
		must(t, err)
		until(t, "there is room", func() bool {
			err := v.Store(background, make([]byte, 30_000))
			if errors.Is(err, ipc.ErrNoSpace) {
				runtime.GC() // handles that nobody has any more keep what is deleted
				return false
			}
			must(t, err)
			return true
		})
		must(t, s.Delete(background, v.Name()))
	}
	must(t, s.Check(background))
}

func TestValue_memoryDoesNotGrowWithStores(t *testing.T) {
	v := openValue[[]byte](t, "")
	most := int64(0)
	for i := range 100_000 {
		must(t, v.Store(background, make([]byte, i*7919%3000)))
		if i%1000 == 0 {
			stats, err := family(t).Stats(background)
			must(t, err)
			if i == 10_000 {
				most = stats.Used
			}
			if i > 10_000 && stats.Used > most {
				t.Fatalf("after %d stores %d bytes are in use, %d after 10,000", i, stats.Used, most)
			}
		}
	}
	must(t, family(t).Check(background))
}
