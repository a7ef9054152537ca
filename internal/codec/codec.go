// Package codec turns values into bytes and back, for values that cross from
// one process to another.
//
// Values of a fixed size without pointers are copied as they are, strings and
// byte slices as their bytes, all else as CBOR. What is equal is encoded
// equally: maps are sorted, padding is zero.
//
// A type is checked once, by [Of]. What would be lost on the way is refused
// there, by the path of the field: functions, channels, interfaces other than
// any and error, unexported fields. What only a value can tell, a cycle or a
// function in an any, is an error of Append.
//
// An any does not tell the type of what is in it: that comes back as the plain value
// that its encoding is, a struct as a map. What marshals itself as bytes is refused
// there; the time and big numbers, which CBOR knows, come back as they were.
//
// CBOR has one null, so a pointer to something that is nil itself, or to the
// zero time, comes back nil, as does a nil slice or map in an any. A field with
// omitempty in its tag comes back as its zero value if it was empty. A []byte
// that is the whole value comes back nil if it was empty.
package codec

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/multiproc-go/multiproc/internal/arena"
)

// MaxBytes bounds one encoded value.
const MaxBytes = 256 << 20

var (
	// ErrTooLarge is matched where a value would take more than MaxBytes.
	ErrTooLarge = errors.New("value too large")

	// ErrType is matched where a type, or a value's type in an any, cannot cross.
	ErrType = errors.New("type cannot cross processes")
)

// A Codec encodes and decodes values of type T. It is safe for concurrent use.
type Codec[T any] struct {
	root   *node
	way    way
	layout *layout // of a T that is copied
	refuse func(x any) error
}

// way is how a whole value is laid out in its bytes.
type way int

const (
	asCBOR way = iota
	asCopy
	asString
	asBytes
)

// Of checks T and returns its codec. Its error matches ErrType and names what
// cannot cross: "Job.Cancel: func cannot be sent to a process".
func Of[T any]() (*Codec[T], error) {
	t := reflect.TypeFor[T]()
	root, err := compileRoot(t)
	if err != nil {
		return nil, err
	}
	c := &Codec[T]{root: root, way: wayOf(root)}
	if c.way == asCopy {
		c.layout = layoutOf(t)
	}
	return c, nil
}

func wayOf(root *node) way {
	switch {
	case root.fixed:
		return asCopy
	case root.form == formString:
		return asString
	case root.form == formBytes && root.typ.Kind() == reflect.Slice:
		return asBytes
	}
	return asCBOR
}

// Append appends the encoding of *v to dst and leaves *v as it is. On an error
// it returns dst unchanged. For a T that is copied, a string or a []byte it
// allocates nothing but room in dst.
func (c *Codec[T]) Append(dst []byte, v *T) ([]byte, error) {
	switch c.way {
	case asCopy:
		return c.appendCopy(dst, v)
	case asString:
		s := reflect.ValueOf(v).Elem().String()
		if len(s) > MaxBytes {
			return dst, tooLarge(c.root.rootPath())
		}
		return append(dst, s...), nil
	case asBytes:
		b := reflect.ValueOf(v).Elem().Bytes()
		if len(b) > MaxBytes {
			return dst, tooLarge(c.root.rootPath())
		}
		return append(dst, b...), nil
	}
	x := *v // a copy that may move to the heap, so that the caller's need not
	return c.appendCBOR(dst, &x)
}

// Encode is Append to nothing, without a copy where there need be none: what it
// returns for a []byte is *v itself, to be used before *v changes.
func (c *Codec[T]) Encode(v *T) ([]byte, error) {
	if c.way == asBytes {
		if b := arena.Slice(v); len(b) <= MaxBytes {
			return b, nil
		}
	}
	return c.Append(nil, v)
}

// EncodeIn is Encode that uses room's memory, if that suffices, where Encode would
// make some.
func (c *Codec[T]) EncodeIn(room []byte, v *T) ([]byte, error) {
	if c.way == asBytes {
		return c.Encode(v)
	}
	return c.Append(room[:0], v)
}

func (c *Codec[T]) appendCopy(dst []byte, v *T) ([]byte, error) {
	if c.layout.size > MaxBytes {
		return dst, tooLarge(c.root.rootPath())
	}
	start := len(dst)
	dst = append(dst, arena.Bytes(v)...)
	c.layout.clearGaps(dst[start:])
	return dst, nil
}

func (c *Codec[T]) appendCBOR(dst []byte, x *T) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = dst, fmt.Errorf("%s: panic while encoding: %v", c, p)
		}
	}()
	size, err := prepare(c.root, reflect.ValueOf(x).Elem(), c.refuse)
	if err != nil {
		return dst, err
	}
	buf := bytes.NewBuffer(slices.Grow(dst, size+size/16))
	if err := encBufferMode.MarshalToBuffer(x, buf); err != nil {
		return dst, fmt.Errorf("%s: %w", c, err)
	}
	if buf.Len()-len(dst) > MaxBytes {
		return dst, tooLarge(c.root.rootPath())
	}
	return buf.Bytes(), nil
}

// Decode sets *v to the value that data encodes. It keeps no reference to data.
// Damaged data is an error, and *v is zero then. A []byte is decoded into the
// memory that *v has, if that suffices; all else is made anew.
func (c *Codec[T]) Decode(data []byte, v *T) error {
	switch c.way {
	case asCopy:
		return c.decodeCopy(data, v)
	case asString:
		reflect.ValueOf(v).Elem().SetString(string(data))
		return nil
	case asBytes:
		b := reflect.ValueOf(v).Elem()
		b.SetBytes(append(b.Bytes()[:0], data...))
		return nil
	}
	var x, zero T // x moves to the heap, *v need not
	if err := c.decodeCBOR(data, &x); err != nil {
		*v = zero
		return err
	}
	*v = x
	return nil
}

// Take is Decode of data that the caller gives away: a []byte becomes data itself,
// without a copy.
func (c *Codec[T]) Take(data []byte, v *T) error {
	if c.way == asBytes && len(data) > 0 {
		reflect.ValueOf(v).Elem().SetBytes(data)
		return nil
	}
	return c.Decode(data, v)
}

// Takes reports whether Take keeps the data that it is given.
func (c *Codec[T]) Takes() bool { return c.way == asBytes }

// Room returns what memory a *v has that is a []byte: room for the data that Take is
// to make of it. It is nil for all other T.
func (c *Codec[T]) Room(v *T) []byte {
	if c.way != asBytes {
		return nil
	}
	return arena.Slice(v)[:0]
}

func (c *Codec[T]) decodeCopy(data []byte, v *T) error {
	if len(data) != c.layout.size || !c.layout.valid(data) {
		var zero T
		*v = zero
		return fmt.Errorf("%s: damaged value of %d bytes, want %d", c, len(data), c.layout.size)
	}
	copy(arena.Bytes(v), data)
	return nil
}

func (c *Codec[T]) decodeCBOR(data []byte, x *T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic while decoding: %v", c, p)
		}
	}()
	mode := decMode
	if c.root.open {
		mode = decOpenMode
	}
	if err := mode.Unmarshal(data, x); err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	restore(c.root, reflect.ValueOf(x).Elem())
	return nil
}

// Refuse has Append ask refuse, for each part of a value that marshals itself, by a
// pointer to it, whether that may be encoded. An error is Append's, with the part's
// path, and matches ErrType. Call it before all else.
func (c *Codec[T]) Refuse(refuse func(x any) error) { c.refuse = refuse }

// Copies reports whether Decode is a mere copy of bytes, which runs no methods of T.
func (c *Codec[T]) Copies() bool { return c.way != asCBOR }

// Fixed returns the size in bytes of a T that is copied as it is.
func (c *Codec[T]) Fixed() (size int, ok bool) {
	if c.way != asCopy {
		return 0, false
	}
	return c.layout.size, true
}

// Fingerprint is a hash of T's structure: two types with the same fingerprint
// understand each other's encodings.
func (c *Codec[T]) Fingerprint() [16]byte { return fingerprint(c.root) }

// String is T's name for people.
func (c *Codec[T]) String() string { return c.root.typ.String() }
