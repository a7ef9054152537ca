//go:build linux

package ipc_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/multiproc-go/multiproc/ipc"
)

const mebi = 1 << 20

// roomy is a space of its own of at most so many bytes, and the path of its file.
func roomy(t *testing.T, size int64) (s *ipc.Space, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "space")
	return openSpace(t, path, ipc.SpaceConfig{MaxBytes: size}), path
}

// taken is how much of the space is in use, and how much of the disk, or of memory, its
// file takes.
func taken(t *testing.T, s *ipc.Space, path string) (used, blocks int64) {
	t.Helper()
	stats, err := s.Stats(background)
	must(t, err)
	var file syscall.Stat_t
	must(t, syscall.Stat(path, &file))
	return stats.Used, file.Blocks * 512
}

func TestArray_givesItsMemoryBackOnceDeletedAndItsLastUserIsGone(t *testing.T) {
	const size = 32 * mebi
	s, path := roomy(t, 256*mebi)
	c := start(t, "arrays")
	c.do("space %s", path)
	usedBefore, blocksBefore := taken(t, s, path)
	c.do("open big %d", size/8)
	if used, blocks := taken(t, s, path); used < usedBefore+size || blocks < blocksBefore+size {
		t.Errorf("with an array of %d bytes %d are in use, %d before; the file has %d, %d before", size, used, usedBefore, blocks, blocksBefore)
	}
	c.do("fill big 1")
	must(t, s.Delete(background, "big"))
	if used, _ := taken(t, s, path); used < usedBefore+size {
		t.Errorf("the memory is given back while it is in use")
	}
	c.do("is big 1")
	c.kill()
	used, blocks := taken(t, s, path)
	if used > usedBefore+mebi || blocks > blocksBefore+mebi {
		t.Errorf("when all is gone, %d bytes are in use, %d before; the file has %d, %d before", used, usedBefore, blocks, blocksBefore)
	}
	t.Logf("used %d, then %d; the file's blocks %d, then %d", usedBefore, used, blocksBefore, blocks)
	must(t, s.Check(background))
}

func TestArray_isZeroWhereMemoryIsUsedAgain(t *testing.T) {
	s, path := roomy(t, 64*mebi)
	for _, n := range []int{1, 3000, 4 * mebi} { // of the largest, one at a time has room
		for range 3 {
			c := start(t, "arrays")
			c.do("space %s", path)
			c.do("open again %d", n)
			c.do("is again 0")
			c.do("fill again 1")
			must(t, s.Delete(background, "again"))
			c.kill()
		}
	}
	must(t, s.Check(background))
}

// Python's shared memory goes with a resource tracker's first process; here a slice
// is good to the end, whatever others do.
func TestArray_sliceStaysGoodAfterCloseAndDelete(t *testing.T) {
	s, path := roomy(t, 64*mebi)
	for _, n := range []int{1, 3000, mebi} {
		c := start(t, "arrays")
		c.do("space %s", path)
		c.do("open lasting %d", n)
		c.do("fill lasting 5")
		c.do("close")
		c.do("is lasting 5")
		must(t, s.Delete(background, "lasting"))
		var others []*ipc.Array[int64]
		for i := range 2 {
			o, err := ipc.OpenArray[int64](background, s, fmt.Sprint(i), n)
			must(t, err)
			must(t, arrayIs(o.Slice(), 0))
			fillArray(o.Slice(), 6)
			others = append(others, o)
		}
		c.do("is lasting 5")
		c.do("fill lasting 7")
		for i, o := range others {
			must(t, arrayIs(o.Slice(), 6))
			must(t, s.Delete(background, fmt.Sprint(i)))
		}
		stats, err := s.Stats(background)
		must(t, err)
		if len(stats.Processes) != 2 {
			t.Errorf("%d processes are in the space, not 2", len(stats.Processes))
		}
		c.kill()
		must(t, s.Check(background))
	}
}

// It is killed at any moment; the explorer does it before each access.
func TestArray_whoIsKilledWhileMakingOneLeavesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	lots := rand.New(rand.NewPCG(seed, 0))
	s, path := roomy(t, 256*mebi)
	c := start(t, "arrays")
	c.do("space %s", path)
	c.do("open first 1")
	c.kill()
	must(t, s.Delete(background, "first"))
	usedBefore, blocksBefore := taken(t, s, path)
	making := 0
	for range 20 {
		c := start(t, "arrays")
		c.do("space %s", path)
		c.tell("make unfinished %d", 24*mebi/8)
		c.expect("making")
		time.Sleep(time.Duration(lots.IntN(40_000_000))) // when it dies, not to make anything likely
		c.kill()
		used, _ := taken(t, s, path)
		if used > usedBefore+20*mebi {
			making++ // it had been made
		}
		if err := s.Delete(background, "unfinished"); err != nil && !errors.Is(err, ipc.ErrNotFound) {
			t.Fatal(err)
		}
		used, blocks := taken(t, s, path)
		if used > usedBefore+mebi || blocks > blocksBefore+mebi {
			t.Fatalf("%d bytes are in use, %d before; the file has %d, %d before", used, usedBefore, blocks, blocksBefore)
		}
		must(t, s.Check(background))
	}
	t.Logf("%d of 20 left a whole array", making)
}

func TestArray_manyWhoOpenItAtOnceMakeItOnce(t *testing.T) {
	const n = 40 * mebi / 8 // there is no room for two
	s, path := roomy(t, 128*mebi)
	var children []*child
	for range 4 {
		c := start(t, "arrays")
		c.do("space %s", path)
		children = append(children, c)
	}
	for range 3 {
		for _, c := range children {
			c.tell("open one %d", n)
		}
		for _, c := range children {
			c.expect("ok")
		}
	}
	children[0].do("fill one 8")
	for _, c := range children {
		c.do("is one 8")
	}
	must(t, s.Check(background))
}

func TestArray_thatDoesNotFitIsErrNoSpaceAndLeavesNothing(t *testing.T) {
	s, path := roomy(t, 64*mebi)
	usedBefore, _ := taken(t, s, path)
	for _, size := range []int{64 * mebi, 1 << 40} {
		if _, err := ipc.OpenArray[byte](background, s, "", size); !errors.Is(err, ipc.ErrNoSpace) {
			t.Errorf("%d bytes in a space of %d: %v", size, 64*mebi, err)
		}
	}
	_, err := ipc.OpenArray[byte](background, s, "half", 32*mebi)
	must(t, err)
	if _, err := ipc.OpenArray[byte](background, s, "half and more", 33*mebi); !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("more than is left: %v", err)
	}
	if used, _ := taken(t, s, path); used > usedBefore+33*mebi {
		t.Errorf("%d bytes are in use", used)
	}
	must(t, s.Check(background))
}

func TestArray_onAFullFileSystemIsErrNoSpaceAndNoFault(t *testing.T) {
	dir, size := fullDir(t)
	s := openSpace(t, filepath.Join(dir, "space"), ipc.SpaceConfig{MaxBytes: size})
	fits, err := ipc.OpenArray[byte](background, s, "fits", 300<<10)
	must(t, err)
	if _, err := ipc.OpenArray[byte](background, s, "does not", 4*mebi); !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("more than the file system has: %v", err)
	}
	others := 0
	for ; err == nil; others++ {
		var a *ipc.Array[byte]
		if a, err = ipc.OpenArray[byte](background, s, "", 200<<10); err == nil {
			for i := range a.Slice() {
				a.Slice()[i] = 1
			}
		}
	}
	if !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("when it is full: %v", err)
	}
	for i := range fits.Slice() {
		fits.Slice()[i]++
	}
	t.Logf("%d more arrays", others)
	must(t, s.Check(background))
}

func TestArray_largerThanTheMachineIsErrNoSpace(t *testing.T) {
	var machine syscall.Sysinfo_t
	must(t, syscall.Sysinfo(&machine))
	total := int64(machine.Totalram+machine.Totalswap) * int64(machine.Unit)
	path := filepath.Join("/dev/shm", fmt.Sprint("multiproc-test-", os.Getpid()))
	s := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 4 * total})
	t.Cleanup(func() { os.Remove(path) })
	if _, err := ipc.OpenArray[byte](background, s, "", int(2*total)); !errors.Is(err, ipc.ErrNoSpace) {
		t.Errorf("an array of %d bytes on a machine of %d: %v", 2*total, total, err)
	}
	must(t, s.Check(background))
}
