package multiproc

import (
	"strings"
	"sync"
	"time"

	"github.com/multiproc-go/multiproc/internal/codec"
)

// An order is what a child is told to do; the input stands beside it.
type order struct {
	Func     string
	Since    time.Time
	Deadline time.Time // zero: none
	Files    []string  // names of the files behind the standard ones
	Place    int       // in the family's space, whose file is behind those; 0: none
	Captured bool      // its output goes through its parent
	Memory   int64     // its limit, in bytes; 0: none
}

// An answer is what became of it; the result stands beside it.
type answer struct {
	HasResult bool
	MaxRSS    int64
	failure
}

// A failure is what an answer says of one.
type failure struct {
	Err   *codec.Error
	Panic *panicked
}

type panicked struct{ Value, Stack string }

// An order and a good answer cross as values of fixed size, with the names behind
// them. As CBOR they would cost each child the first touch of all the code that
// makes it, 0.1 ms before its function begins. A failure may take that.
type (
	orderHead struct {
		Since, Deadline int64 // nanoseconds since 1970; 0: none
		Memory          int64
		Place           int32
		Captured        bool
	}
	answerHead struct {
		MaxRSS    int64
		HasResult bool
	}
)

var (
	orderHeads   = mustCodec[orderHead]()
	answerHeads  = mustCodec[answerHead]()
	failureCodec = sync.OnceValue(mustCodec[failure])
)

func mustCodec[T any]() *codec.Codec[T] {
	c, err := codec.Of[T]()
	if err != nil {
		panic(err) // a mistake in this package
	}
	return c
}

// between names, which have none: see Func and WithFile.
const nul = "\x00"

func (o *order) encode() ([]byte, error) {
	head := orderHead{Since: o.Since.UnixNano(), Memory: o.Memory, Place: int32(o.Place), Captured: o.Captured}
	if !o.Deadline.IsZero() {
		head.Deadline = o.Deadline.UnixNano()
	}
	b, err := orderHeads.Append(nil, &head)
	return append(b, strings.Join(append([]string{o.Func}, o.Files...), nul)...), err
}

func (o *order) decode(data []byte) error {
	var head orderHead
	names, err := decodeHead(orderHeads, data, &head)
	if err != nil {
		return err
	}
	*o = order{Since: time.Unix(0, head.Since), Memory: head.Memory, Place: int(head.Place), Captured: head.Captured}
	if head.Deadline != 0 {
		o.Deadline = time.Unix(0, head.Deadline)
	}
	all := strings.Split(string(names), nul)
	o.Func, o.Files = all[0], all[1:]
	return nil
}

func (a answer) encode() ([]byte, error) {
	b, err := answerHeads.Append(nil, &answerHead{a.MaxRSS, a.HasResult})
	if err == nil && a.failure != (failure{}) {
		b, err = failureCodec().Append(b, &a.failure)
	}
	return b, err
}

func (a *answer) decode(data []byte) error {
	var head answerHead
	rest, err := decodeHead(answerHeads, data, &head)
	a.MaxRSS, a.HasResult = head.MaxRSS, head.HasResult
	if err == nil && len(rest) > 0 {
		err = failureCodec().Decode(rest, &a.failure)
	}
	return err
}

// decodeHead decodes what data begins with, and returns the rest.
func decodeHead[T any](c *codec.Codec[T], data []byte, head *T) (rest []byte, err error) {
	size, _ := c.Fixed()
	size = min(size, len(data)) // too little is an error of Decode
	return data[size:], c.Decode(data[:size], head)
}
