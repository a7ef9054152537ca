package shm

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/multiproc-go/multiproc/internal/driver"
)

// The block that a bucket names has its entries one after the other, each in whole words:
//
//	word 0    bits 0-31 the key's hash, bits 32-46 length of the key, bits 47-61 of the value, bit 62 large
//	word 1    stamp: which of its shard's changes has written it
//	then key and value, or, where they are large, the word that names their body
//
// A body is a block of its own: the key's length in a word, the key, and the value. It
// passes from one bucket's block to the next, and is freed when the entry goes.
//
// After its shard has grown, a block may have entries that now belong to the new bucket:
// nobody finds them here, and who writes the next block leaves them out.
const (
	entryHead  = 16
	entryLarge = 1 << 62
	entryField = 1<<15 - 1

	// mostInline is how many bytes key and value may have together where they stand in
	// the bucket's block, which is copied for each change in it.
	mostInline = 256
)

// An entryOf is an entry as it stands in a bucket's block.
type entryOf struct {
	hash  uint32
	stamp uint64
	key   []byte // of a large one nil
	value []byte
	body  block
	raw   []byte // all of it
}

// nextEntry takes the first entry off a bucket's content, and returns the rest.
func nextEntry(content []byte) (e entryOf, rest []byte, err error) {
	if len(content) < entryHead {
		return e, nil, errEntry(content)
	}
	word := binary.LittleEndian.Uint64(content)
	e.hash, e.stamp = uint32(word), binary.LittleEndian.Uint64(content[8:])
	size := uint64(entryHead)
	if word&entryLarge != 0 {
		size += 8
		if uint64(len(content)) < size {
			return e, nil, errEntry(content)
		}
		e.body = block(binary.LittleEndian.Uint64(content[entryHead:]) & blockMask)
	} else {
		keyLen, valueLen := word>>32&entryField, word>>47&entryField
		size += roundUp(keyLen+valueLen, 8)
		if uint64(len(content)) < size {
			return e, nil, errEntry(content)
		}
		e.key = content[entryHead : entryHead+keyLen]
		e.value = content[entryHead+keyLen : entryHead+keyLen+valueLen : entryHead+keyLen+valueLen]
	}
	e.raw = content[:size]
	return e, content[size:], nil
}

func errEntry(content []byte) error {
	return fmt.Errorf("%w: a bucket's block ends in an entry of %d bytes", driver.ErrCorrupt, len(content))
}

// appendEntry appends an entry that is inline.
func appendEntry(to []byte, hash uint32, stamp uint64, key, value []byte) []byte {
	to = binary.LittleEndian.AppendUint64(to, uint64(hash)|uint64(len(key))<<32|uint64(len(value))<<47)
	to = binary.LittleEndian.AppendUint64(to, stamp)
	to = append(append(to, key...), value...)
	for len(to)%8 != 0 {
		to = append(to, 0)
	}
	return to
}

// appendLarge appends an entry that has a body.
func appendLarge(to []byte, hash uint32, stamp uint64, body block) []byte {
	to = binary.LittleEndian.AppendUint64(to, uint64(hash)|entryLarge)
	to = binary.LittleEndian.AppendUint64(to, stamp)
	return binary.LittleEndian.AppendUint64(to, uint64(body))
}

// isLarge reports whether an entry has a body.
func isLarge(key, value []byte) bool { return len(key)+len(value) > mostInline }

// fillBody returns a block with key and value, which the word at names is to name.
func (d *dict) fillBody(key, value []byte, names uint64) (block, error) {
	s := d.o.s
	n := 8 + uint64(len(key)) + uint64(len(value))
	b, err := d.alloc(8+n, names)
	if err != nil {
		return 0, err
	}
	if !s.a.Hooked() {
		s.a.Store(b.offset(), n)
		to := s.a.Bytes(b.offset()+8, n)
		binary.LittleEndian.PutUint64(to, uint64(len(key)))
		copy(to[8:], key)
		copy(to[8+len(key):], value)
		return b, nil
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(key)))
	s.storeBytes(b.offset(), append(append(data, key...), value...))
	return b, nil
}

// readBody returns what is in a body, which the caller protects.
func (s *Space) readBody(b block) (key, value []byte, err error) {
	data, err := s.blockBytes(b)
	if err != nil {
		return nil, nil, err
	}
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("%w: a body of %d bytes", driver.ErrCorrupt, len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if data = data[8:]; n > uint64(len(data)) {
		return nil, nil, fmt.Errorf("%w: a key of %d bytes in a body of %d", driver.ErrCorrupt, n, len(data))
	}
	return data[:n], data[n:], nil
}

// content returns what is in the block that a bucket's word names.
func (s *Space) content(word uint64) ([]byte, error) {
	if word == 0 {
		return nil, nil
	}
	return s.blockBytes(block(word & blockMask))
}

// lookup looks for a key in a bucket's content. read reads bodies, nil where it should
// be begun anew.
func lookup(content []byte, hash uint32, key []byte, read func(block) (k, v []byte, err error)) (e entryOf, found bool, err error) {
	for len(content) > 0 {
		if e, content, err = nextEntry(content); err != nil {
			return e, false, err
		}
		if e.hash != hash {
			continue
		}
		if e.body != 0 {
			if e.key, e.value, err = read(e.body); err != nil {
				return e, false, err
			}
		}
		if bytes.Equal(e.key, key) {
			return e, true, nil
		}
	}
	return e, false, nil
}
