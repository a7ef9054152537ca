//go:build linux

package ipc_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/multiproc-go/multiproc/ipc"
)

// What Python's own tests of shared memory check: test_shared_memory_basics,
// test_shared_memory_across_processes, test_shared_memory_recreate and the leak tests
// (Lib/test/_test_multiprocessing.py).

func TestSharedMemory_isAttachedToByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "space")
	one, two := openSpace(t, path, ipc.SpaceConfig{MaxBytes: 16 * mebi}), openSpace(t, path, ipc.SpaceConfig{})
	a, err := ipc.OpenArray[byte](background, one, "sms", 512)
	must(t, err)
	b, err := ipc.OpenArray[byte](background, two, "sms", 512)
	must(t, err)
	a.Slice()[0] = 42
	if b.Slice()[0] != 42 {
		t.Error("what one writes the other does not read")
	}
	b.Slice()[511] = 43
	if a.Slice()[511] != 43 {
		t.Error("what the other writes one does not read")
	}
	must(t, one.Delete(background, "sms"))
	if err := two.Delete(background, "sms"); !errors.Is(err, ipc.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	again, err := ipc.OpenArray[byte](background, two, "sms", 1024) // another size will do now
	must(t, err)
	if again.Slice()[0] != 0 || a.Slice()[0] != 42 {
		t.Error("a new one of the name has the old one's memory")
	}
}

func TestSharedMemory_withoutANameHasOneOfItsOwn(t *testing.T) {
	one, two := openArray[byte](t, "", 1), openArray[byte](t, "", 1)
	if one.Name() == "" || one.Name() == two.Name() {
		t.Errorf("names %q and %q", one.Name(), two.Name())
	}
}

func TestSharedMemory_staysWhenTheProcessThatMadeItEnds(t *testing.T) {
	s, path := roomy(t, 16*mebi)
	c := start(t, "arrays")
	c.do("space %s", path)
	c.do("open made %d", 100_000)
	c.do("fill made 9")
	c.kill()
	a, err := ipc.OpenArray[int64](background, s, "made", 100_000)
	must(t, err)
	must(t, arrayIs(a.Slice(), 9))
}

func TestSharedMemory_isNotTakenAwayByOneOfManyThatEnds(t *testing.T) {
	s, path := roomy(t, 16*mebi)
	a, err := ipc.OpenArray[int64](background, s, "ours", 1000)
	must(t, err)
	for v := range 5 {
		c := start(t, "arrays")
		c.do("space %s", path)
		c.do("open ours 1000")
		c.do("is ours %d", v)
		c.do("fill ours %d", v+1)
		c.kill()
		must(t, arrayIs(a.Slice(), int64(v+1)))
	}
}
