package proc

import (
	"encoding/binary"
	"fmt"
	"io"
)

// MaxBody bounds the two parts of a message. It leaves room beyond the bound of a
// value for what stands around it.
const MaxBody = 256<<20 + 1<<20

// A Message is one direction's whole use of the life line: what is to be done
// and its input, or what became of it and its result.
type Message struct {
	Head []byte
	Body []byte
}

// Words that a child sends, each a byte.
const (
	wordReady  = 'r' // it listens to SIGTERM
	wordTaken  = 't' // it has decoded its input
	wordAnswer = 'a' // its message follows
)

// On the wire: two lengths, little endian, then the two parts.
const prefixSize = 8

// Write sends m.
func (m Message) Write(w io.Writer) error {
	start := make([]byte, prefixSize, prefixSize+len(m.Head))
	binary.LittleEndian.PutUint32(start[0:], uint32(len(m.Head)))
	binary.LittleEndian.PutUint32(start[4:], uint32(len(m.Body)))
	if _, err := w.Write(append(start, m.Head...)); err != nil {
		return err
	}
	_, err := w.Write(m.Body)
	return err
}

// ReadMessage reads what Write wrote. The error is io.EOF where nothing came.
func ReadMessage(r io.Reader) (Message, error) {
	var prefix [prefixSize]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return Message{}, err
	}
	head := binary.LittleEndian.Uint32(prefix[0:])
	body := binary.LittleEndian.Uint32(prefix[4:])
	if head > MaxBody || body > MaxBody {
		return Message{}, fmt.Errorf("damaged message: parts of %d and %d bytes", head, body)
	}
	all := make([]byte, int(head)+int(body))
	if _, err := io.ReadFull(r, all); err != nil {
		return Message{}, fmt.Errorf("message cut short: %w", err)
	}
	return Message{Head: all[:head:head], Body: all[head:]}, nil
}
