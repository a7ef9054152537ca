package shm

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// A Value is bytes in an immutable block of the heap, whose name is the word entValue;
// 0 until something is stored. Storing makes another block and is done when that
// word names it: hazard.go says what becomes of the old one.
//
//	word 0 of the block: how many bytes
//	then the bytes
//
// Nobody holds anything: a process that is stopped or dies somewhere here keeps
// nobody from anything, but for the block that it reads.
type Value struct{ *Object }

const valueHead = 8

func init() {
	kinds[ValueKind] = kindOf{
		name: "value", joins: (*Space).clearShares, strip: stripValue, check: checkValue, picture: pictureValue,
	}
}

// OpenValue attaches to a value, or makes it.
func (s *Space) OpenValue(ctx context.Context, which driver.Which, of driver.Type) (driver.Value, error) {
	o, err := s.openWhich(ctx, which, specOfType(ValueKind, of))
	if err != nil {
		return nil, err
	}
	return &Value{o}, nil
}

// Read returns the value, whose block lasts until Done.
func (v *Value) Read(context.Context) (r driver.Reading, err error) {
	c, err := v.beginReading()
	if err != nil {
		return r, err
	}
	r = driver.Reading{Version: v.protect(c, v.at+entValue), Own: [2]uint64{c.at, c.attachment}}
	if b := block(r.Version & blockMask); b != 0 {
		if r.Bytes, err = v.s.blockBytes(b); err != nil {
			v.Done(r)
			return driver.Reading{}, err
		}
	}
	v.race.acquire()
	return r, nil
}

// Done ends a reading. Where the value was replaced meanwhile, we may have been the
// last to keep the old one.
func (v *Value) Done(r driver.Reading) {
	v.giveCell(cell{r.Own[0], r.Own[1]})
	if r.Version != 0 && v.s.a.Load(v.at+entValue) != r.Version {
		v.collect()
	}
	v.s.ends()
}

// Store replaces whatever value there is.
func (v *Value) Store(_ context.Context, data []byte) error {
	word := v.at + entValue
	_, err := v.put(data, func(b block) (done bool, err error) {
		for !done && err == nil {
			done, err = v.replace(word, v.s.a.Load(word), uint64(b))
		}
		return done, err
	})
	return err
}

// Swap replaces the value of that version, if it is still there.
func (v *Value) Swap(_ context.Context, version uint64, data []byte) (bool, error) {
	word := v.at + entValue
	return v.put(data, func(b block) (bool, error) {
		if broken == swapBlindly {
			version = v.s.a.Load(word)
		}
		return v.replace(word, version, uint64(b))
	})
}

// put makes a block of data, and has commit put it into the value's word, or not.
func (v *Value) put(data []byte, commit func(block) (bool, error)) (done bool, err error) {
	if !v.s.begins() {
		return false, driver.ErrClosed
	}
	defer v.s.ends()
	if err := v.gone(); err != nil {
		return false, err
	}
	b, err := v.fillWith(data)
	if err != nil {
		return false, err
	}
	v.race.release()
	done, err = commit(b)
	if done {
		v.race.acquire()
	} else {
		v.s.free(b)
	}
	v.collect()
	return done, asClosed(err)
}

// fillWith returns a block that holds data, to be named by the value's word.
func (v *Value) fillWith(data []byte) (block, error) {
	size := uint64(len(data)) + valueHead
	b, err := v.s.alloc(size, v.at+entValue)
	if errors.Is(err, driver.ErrNoSpace) {
		v.collect() // a reader that is dead by now may be all that kept old values
		b, err = v.s.alloc(size, v.at+entValue)
	}
	switch {
	case errors.Is(err, errBlockTooLarge):
		return 0, fmt.Errorf("%w: %d bytes: %w", driver.ErrTooLarge, len(data), err)
	case errors.Is(err, driver.ErrNoSpace):
		return 0, fmt.Errorf("%d bytes: %w", len(data), err)
	case err != nil:
		return 0, asClosed(err)
	}
	v.s.storeBytes(b.offset(), data)
	return b, nil
}

// storeBytes writes data into a block: how many, then the bytes. The explorer sees
// each word.
func (s *Space) storeBytes(at uint64, data []byte) {
	if s.a.Hooked() {
		s.storeText(at, string(data))
		return
	}
	s.a.Store(at, uint64(len(data)))
	copy(s.a.Bytes(at+8, uint64(len(data))), data)
}

// blockBytes returns the bytes in block b, which the caller protects.
func (s *Space) blockBytes(b block) ([]byte, error) { return s.bytesAt(b.offset()) }

// bytesAt returns the bytes that storeBytes has written at at.
func (s *Space) bytesAt(at uint64) ([]byte, error) {
	end := s.chunkAt + s.chunks*s.chunkSize
	if at < s.chunkAt || at > end-8 {
		return nil, fmt.Errorf("%w: no block is at %#x", driver.ErrCorrupt, at)
	}
	n := s.a.Load(at)
	switch {
	case n > end-at-8:
		return nil, fmt.Errorf("%w: a block at %#x of %d bytes", driver.ErrCorrupt, at, n)
	case s.a.Hooked():
		return []byte(s.loadText(at, int(n))), nil
	}
	return s.a.Bytes(at+8, n), nil
}

// stripValue is what becomes of the blocks when a deleted value is reclaimed.
func stripValue(s *Space, i int, meta uint64) { s.freeNamed(i, meta, s.object(i)+entValue) }

// checkValue looks whether the value's block is there.
func checkValue(s *Space, i int, meta uint64, say func(string, ...any)) {
	b := block(s.a.Load(s.object(i)+entValue) & blockMask)
	if b == 0 || state(meta) != stateLive {
		return
	}
	header, _, ok := s.headerOf(b)
	word := uint64(0)
	if ok {
		word = s.a.Load(header)
	}
	if free := word&blockStates == blockFree; free || word&blockGen != b.word(word&blockStates, 0)&blockGen {
		say("the value that object %d (%#x) is has no block: %#x", i, meta, b)
	}
}

// pictureValue adds what the value's blocks take, those that are still read too.
func pictureValue(s *Space, i int, meta uint64, one *driver.ObjectStat) {
	named := block(s.a.Load(s.object(i)+entValue) & blockMask)
	if named != 0 {
		one.Bytes += int64(s.blockSize(named))
	}
	for _, b := range s.retired(i, meta) {
		if live, _ := s.stateOf(b); live && b != named {
			one.Bytes += int64(s.blockSize(b))
		}
	}
}

// blockSize is how many bytes block b takes, 0 if it is nonsense.
func (s *Space) blockSize(b block) uint64 {
	_, k, ok := s.headerOf(b)
	if !ok {
		return 0
	}
	word := s.a.Load(s.chunk(k))
	if word&stateMask == chunkBig {
		return s.a.Load(s.chunk(k)+chunkRun) * s.chunkSize
	}
	return classSize(chunkClass(word))
}
