package shm

import (
	"encoding/binary"
	"strings"
)

// storeText writes text at off: its length in a word, then its bytes in words.
func (s *Space) storeText(off uint64, text string) {
	s.a.Store(off, uint64(len(text)))
	var word [8]byte
	for i := 0; i < len(text); i += 8 {
		clear(word[:])
		copy(word[:], text[i:])
		s.a.Store(off+8+uint64(i), binary.LittleEndian.Uint64(word[:]))
	}
}

// loadText reads the text at off, of at most limit bytes. What it reads while
// another writes is nonsense, and the caller's to throw away.
func (s *Space) loadText(off uint64, limit int) string {
	n := int(min(s.a.Load(off), uint64(limit)))
	text := make([]byte, 0, limit+8)
	for i := 0; i < n; i += 8 {
		text = binary.LittleEndian.AppendUint64(text, s.a.Load(off+8+uint64(i)))
	}
	return string(text[:n])
}

// hasText reports whether text stands at off.
func (s *Space) hasText(off uint64, text string) bool {
	if s.a.Load(off) != uint64(len(text)) {
		return false
	}
	var word [8]byte
	for i := 0; i < len(text); i += 8 {
		clear(word[:])
		copy(word[:], text[i:])
		if s.a.Load(off+8+uint64(i)) != binary.LittleEndian.Uint64(word[:]) {
			return false
		}
	}
	return true
}

// cut returns text, or where that is longer than most bytes its beginning.
func cut(text string, most int) string {
	const end = "…"
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(end)], "") + end
}

// storeData writes data at off. The explorer sees each word.
func (s *Space) storeData(off uint64, data []byte) {
	if !s.a.Hooked() {
		copy(s.a.Bytes(off, uint64(len(data))), data)
		return
	}
	for i := 0; i < len(data); i += 8 {
		var word [8]byte
		copy(word[:], data[i:])
		s.a.Store(off+uint64(i), binary.LittleEndian.Uint64(word[:]))
	}
}

// loadData appends the n bytes at off to buf.
func (s *Space) loadData(buf []byte, off, n uint64) []byte {
	if !s.a.Hooked() {
		return append(buf, s.a.Bytes(off, n)...)
	}
	end := len(buf) + int(n)
	for i := uint64(0); i < n; i += 8 {
		buf = binary.LittleEndian.AppendUint64(buf, s.a.Load(off+i))
	}
	return buf[:end]
}
